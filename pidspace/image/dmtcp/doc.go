// Package dmtcp reads the identity of a process from the header of a DMTCP
// checkpoint, plain or compressed with gzip.
//
// The header is that of version 4 of the format: struct DmtcpCkptHeader in
// dmtcp.h of DMTCP 4. Older and newer ones have another layout and are refused.
// The ids in it are those that DMTCP presented to the process. A checkpoint has
// one process; its threads are in its memory, which is not read.
//
// Not more than the header is read, nor decompressed.
package dmtcp
