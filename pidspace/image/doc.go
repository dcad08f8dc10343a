// Package image holds what a process is, as far as others can tell: its ids,
// its place among other processes, its credentials and limits. It writes that
// into a file, and reads it back.
//
// # The file
//
// An image is one line of text and a body:
//
//	pidsim-identity VERSION LENGTH SHA256
//
// VERSION is the version of the format, LENGTH the number of bytes of the
// body, both in decimal without leading zeros; SHA256 is that of the body in
// lower case. The body is JSON, indented for people. Text that is not UTF-8,
// which paths and arguments may be, stands as {"base64": "..."}.
//
// The body is canonical: it is what [Encode] writes, byte for byte. A member
// that this version does not know, one that occurs twice, another order of
// members and other white space are refused.
//
// # What is promised
//
// Each format version is final. Every later release of this package reads the
// images of every earlier one, and tests hold it to that with files that were
// written when the version was new. What is added to images gets a new version,
// which older releases refuse by its number.
//
// [Decode] needs memory in proportion to the input, which is bounded by
// [MaxBody] and [MaxProcesses], whatever the input is. An image that it
// returns is consistent: ids are in range and different, the root comes first
// and every other process after its parent, in order of birth. An image that
// it refuses is refused with the offset and the reason, a [*FormatError].
//
// [WriteFile] leaves either the whole image or what was there before, and
// nobody but its owner can read it.
//
// # What is not promised
//
// The hash guards against accidents, not against people: whoever can write to
// an image can make it say anything. Whether to trust one is for its reader to
// decide, by the file's owner and mode.
package image
