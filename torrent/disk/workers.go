package disk

import (
	"maps"
	"slices"
	"sync"
)

// Job is work for a disk. Do may block.
type Job interface{ Do() }

// Workers are a few goroutines that work for one disk, with a bounded queue: a slow disk fills its
// own queue, and nobody else waits. Jobs begin in the order of Submit.
type Workers struct {
	jobs    chan Job
	mu      sync.RWMutex // guards closed, so that nobody submits to a closed channel
	closed  bool
	running sync.WaitGroup
}

// NewWorkers starts n goroutines behind a queue for depth jobs.
func NewWorkers(n, depth int) *Workers {
	w := &Workers{jobs: make(chan Job, depth)}
	for range n {
		w.running.Go(func() {
			for j := range w.jobs {
				j.Do()
			}
		})
	}
	return w
}

// Submit queues a job and never blocks. It reports false, and the job will not run, if the queue
// is full or the Workers are closed.
func (w *Workers) Submit(j Job) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return false
	}
	select {
	case w.jobs <- j:
		return true
	default:
		return false
	}
}

// Waiting returns how many jobs wait for a worker.
func (w *Workers) Waiting() int { return len(w.jobs) }

// Close takes no more jobs, and returns when all that were queued are done.
func (w *Workers) Close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	w.running.Wait()
}

// Devices has Workers for each disk in use.
type Devices struct {
	workers, depth int
	mu             sync.Mutex
	of             map[uint64]*Workers
}

// NewDevices says how many goroutines each disk gets, and how many jobs wait for them at most.
func NewDevices(workers, depth int) *Devices {
	return &Devices{workers: workers, depth: depth, of: map[uint64]*Workers{}}
}

// For returns the Workers of the disk that holds the existing folder dir.
func (d *Devices) For(dir string) (*Workers, error) {
	id, err := deviceOf(dir)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.of[id]
	if w == nil {
		w = NewWorkers(d.workers, d.depth)
		d.of[id] = w
	}
	return w, nil
}

// Close closes the Workers of all disks, after all jobs that were queued are done.
func (d *Devices) Close() {
	d.mu.Lock()
	all := slices.Collect(maps.Values(d.of)) // in any order: they do not know each other
	d.mu.Unlock()
	for _, w := range all {
		w.Close()
	}
}
