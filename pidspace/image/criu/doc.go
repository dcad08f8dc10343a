// Package criu reads the identity of processes from the images of a CRIU dump.
//
// It reads pstree.img, inventory.img, the core, ids, fs and mm images of each
// process and files.img, as far as they hold identity. What a dump keeps
// elsewhere, such as the arguments, which are in the pages of memory, is left
// unknown. So are the ambient capabilities and no_new_privs.
//
// Dumps may come from anywhere. Every file is bounded before it is read and
// every record before it is decoded; links that lead out of the directory and
// files that are not ordinary are refused. The result is checked like any
// [image.Image]: no orphans, no cycles, no number that cannot be an id.
//
// CRIU fills the list of a zombie's threads with what was in its memory before;
// that list is ignored.
package criu
