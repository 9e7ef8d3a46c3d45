package main

import (
	"github.com/spf13/cobra"
)

// execute runs the command that args name and returns the exit code.
func execute(e *env, args []string) int {
	root := rootCommand(e)
	root.SetArgs(args)
	started := false
	markStarted(root, &started)
	called, err := root.ExecuteContextC(e.ctx)
	if err != nil && !started {
		err = usageError(called, err)
	}
	return e.report(err)
}

func rootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "groove",
		Short: "Share recordings of live concerts with friends, and get them",
		Long: "Groove shares recordings of live concerts over BitTorrent, and gets them.\n" +
			"Every byte is verified, and every ordinary BitTorrent client can take part.",
		Example:           "  groove share ~/shows/1977-05-08     # in one terminal\n  groove get \"magnet:?xt=...\"         # in another one, anywhere",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	cobra.MousetrapHelpText = "" // a double-click on Windows must not be blocked
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetUsageTemplate(usageTemplate)
	root.PersistentFlags().CountVarP(&e.verbose, "verbose", "v", "say more on stderr; twice: even more")
	for _, command := range commands {
		root.AddCommand(command(e))
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	giveExamples(root)
	return root
}

// markStarted notes when a command's own code begins: an error before that is one of usage.
func markStarted(c *cobra.Command, started *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return run(c, args)
		}
	}
	for _, sub := range c.Commands() {
		markStarted(sub, started)
	}
}

// giveExamples adds one to the commands that cobra makes, so that every --help ends in an example.
func giveExamples(root *cobra.Command) {
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Example = "  groove help get"
		case "completion":
			c.Example = "  source <(groove completion bash)"
			for _, shell := range c.Commands() {
				shell.Long = "Print the completion script of " + shell.Name() + " on stdout."
				shell.Example = completionExamples[shell.Name()]
			}
		}
	}
}

var completionExamples = map[string]string{
	"bash":       "  source <(groove completion bash)",
	"zsh":        "  groove completion zsh > \"${fpath[1]}/_groove\"",
	"fish":       "  groove completion fish > ~/.config/fish/completions/groove.fish",
	"powershell": "  groove completion powershell | Out-String | Invoke-Expression",
}

// usageTemplate is cobra's with the examples last.
const usageTemplate = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND

Commands:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

For all commands:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasExample}}

Example:
{{.Example}}{{end}}
`
