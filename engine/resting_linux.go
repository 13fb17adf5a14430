package engine

import (
	"cmp"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// resting waits for the clients of all sessions that rest, with an epoll instance
// of its own.
//
// # Concurrency
//
// add and remove may be called by any goroutine between open and close.
type resting struct {
	once sync.Once // of open
	file *os.File  // the epoll instance; nil when there is none
	fd   int
	wg   sync.WaitGroup // of run
}

// open begins to wait. It calls stirs once for each id that is added, when its
// client has sent something or is gone.
func (r *resting) open(stirs func(id uint64)) error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	_ = unix.SetNonblock(fd, true) // tells os.NewFile that the runtime can wait for it
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return err
	}
	r.file, r.fd = file, fd
	r.wg.Go(func() { run(raw, stirs) })
	return nil
}

// close ends what open began.
func (r *resting) close() {
	if r.file != nil {
		_ = r.file.Close()
		r.wg.Wait()
	}
}

// run calls stirs until the epoll instance is closed.
func run(epoll syscall.RawConn, stirs func(id uint64)) {
	var events [128]unix.EpollEvent
	_ = epoll.Read(func(fd uintptr) bool {
		for {
			n, _ := unix.EpollWait(int(fd), events[:], 0)
			for _, e := range events[:max(n, 0)] {
				stirs(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
			}
			if n < len(events) {
				return false
			}
		}
	})
}

// add reports whether the client of session id is waited for from now on.
func (r *resting) add(id uint64, client syscall.Conn) bool {
	return r.file != nil && r.control(unix.EPOLL_CTL_ADD, client, &unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(id), Pad: int32(id >> 32),
	}) == nil
}

// remove ends the wait for a client.
func (r *resting) remove(client syscall.Conn) {
	_ = r.control(unix.EPOLL_CTL_DEL, client, &unix.EpollEvent{})
}

func (r *resting) control(operation int, client syscall.Conn, event *unix.EpollEvent) error {
	raw, err := client.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.EpollCtl(r.fd, operation, int(fd), event) })
	return cmp.Or(err, failed)
}
