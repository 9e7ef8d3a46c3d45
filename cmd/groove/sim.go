package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"groove/sim"
	"groove/sim/draw"
	"groove/sim/stories"
)

type simFlags struct {
	seed uint64
	svg  string
	json bool
}

func simCommand(e *env) *cobra.Command {
	var f simFlags
	c := &cobra.Command{
		Use:   "sim STORY",
		Short: "Play a whole swarm in virtual time, with the real engine",
		Long: "Play a whole swarm in virtual time, with the real engine, and compare it with what no\n" +
			"schedule could beat. STORY is a file, or one of those that come with the program:\n  " + strings.Join(stories.Names(), " "),
		Example: "  groove sim s1 --seed 7 --svg s1.svg",
		Args:    between(1, 1, "STORY"),
		RunE: func(c *cobra.Command, args []string) error {
			return runSim(c.Context(), e, f, args[0])
		},
		ValidArgs: stories.Names(),
	}
	c.Flags().Uint64Var(&f.seed, "seed", 1, "`N` that the run's randomness begins with: the same N, the same run")
	c.Flags().StringVar(&f.svg, "svg", "", "draw completion, uplinks and who gave to whom into `FILE`")
	c.Flags().BoolVar(&f.json, "json", false, "print the figures as one JSON object")
	return c
}

func runSim(ctx context.Context, e *env, f simFlags, name string) error {
	story, err := openStory(name)
	if err != nil {
		return err
	}
	result, err := play(ctx, story, f.seed)
	if err != nil {
		return err
	}
	if f.svg != "" {
		if err := drawSim(f.svg, result); err != nil {
			return err
		}
	}
	if f.json {
		err = writeJSON(e.stdout, result.Report)
	} else {
		_, err = fmt.Fprint(e.stdout, result.Report)
	}
	if why := result.Report.Impossible; why != "" {
		return errors.Join(err, fail("impossible", "this is a fault of the simulator", "%s", why))
	}
	return err
}

// openStory reads a file, or a story that comes with the program.
func openStory(name string) (stories.Story, error) {
	text, err := os.ReadFile(name)
	if err == nil {
		story, err := stories.Parse(strings.TrimSuffix(filepath.Base(name), ".txt"), string(text))
		if err != nil {
			return story, fmt.Errorf("read the story %q: %w", name, err)
		}
		return story, nil
	}
	return stories.Standard(name)
}

// play runs a story; virtual time cannot be stopped, but it can be left alone.
func play(ctx context.Context, story stories.Story, seed uint64) (*sim.Result, error) {
	type outcome struct {
		result *sim.Result
		err    error
	}
	played := make(chan outcome, 1)
	go func() {
		result, err := sim.Run(story, sim.Options{Seed: seed})
		played <- outcome{result, err}
	}()
	select {
	case <-ctx.Done():
		return nil, &failure{"interrupted", "", exitInterrupted, context.Cause(ctx)}
	case o := <-played:
		return o.result, o.err
	}
}

func drawSim(path string, result *sim.Result) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write %q: %w", path, bare(err))
	}
	if err := errors.Join(draw.SVG(f, result), f.Close()); err != nil {
		return fmt.Errorf("write %q: %w", path, bare(err))
	}
	return nil
}
