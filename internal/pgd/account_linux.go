package pgd

import (
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobodyID is the uid and gid that a namespace shows to Postgres for ours. It has to have an entry in the passwd file
// and not to be root's, and it is nobody's on nearly every system.
const nobodyID = 65534

// accounts returns the ways to run Postgres, the preferred one first.
func accounts() []account {
	if os.Geteuid() != 0 {
		if _, err := user.LookupId(strconv.Itoa(os.Geteuid())); err != nil {
			return []account{namespace()} // initdb insists on a name; containers run as any number
		}
		return []account{self()}
	}
	all := []account{namespace()}
	for _, servant := range servants() {
		all = append(all, trusted(servant), servant)
	}
	return all
}

// namespace is this user, in a user namespace where its name is nobody. Files stay this user's.
func namespace() account {
	who := self()
	who.name += " in a user namespace"
	who.attr = func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: nobodyID, HostID: who.uid, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: nobodyID, HostID: who.gid, Size: 1}},
		}
	}
	return who
}

// trusted is a servant who keeps one right of root's, to pass through directories that only root may enter. Containers
// that allow no namespace do allow this.
func trusted(servant account) account {
	who := servant
	who.name += " with root's way in"
	who.shut, who.late = false, true
	who.attr = func() *syscall.SysProcAttr {
		attr := servant.attr()
		attr.AmbientCaps = []uintptr{unix.CAP_DAC_OVERRIDE}
		return attr
	}
	return who
}

// dieWithParent has the kernel send the signal when the thread that starts the process ends.
func dieWithParent(attr *syscall.SysProcAttr, signal syscall.Signal) { attr.Pdeathsig = signal }
