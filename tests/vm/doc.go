// Package vm runs commands on other kernels than the host's: Linux with the
// setforkpid patch, and Debian's stock kernels, which our module goes into.
//
//	k := vm.Patched(t, "6.1")
//	results := vm.Run(t, k, vm.Shell("uname -r"), vm.Program("go", "version"))
//
// A guest is a virtual machine with the host's root file system, read-only, so
// that every program of the host can be run in it; /tmp, /run and /dev/shm are
// its own and empty. Commands run as root, one after the other. A directory
// of the test's own is there under its host path, writable: see Machine.
//
// The host needs QEMU and the Debian packages of packages.txt; without QEMU
// tests are skipped. Kernels are built and fetched once and kept in the user's
// cache directory, under a hash of what they were made of. Nothing of the
// host's is installed or changed.
//
// What is not promised: speed. Where KVM does not work QEMU emulates the
// processor, 10 to 50 times slower than the host. PIDSIM_VM_ACCEL=tcg makes it
// do so.
//
// No guest outlives the tests, nor does the build of a kernel.
package vm
