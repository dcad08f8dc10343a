package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// handlers binds the handlers that the table names.
var handlers map[abi.Handler]handler

func init() {
	handlers = map[abi.Handler]handler{
		abi.Getpid:        {enter: getpid},
		abi.Gettid:        {enter: gettid},
		abi.Getppid:       {},
		abi.Getpgrp:       {enter: getpgrp},
		abi.Getpgid:       {enter: getpgidOf},
		abi.Getsid:        {enter: getsidOf},
		abi.Setpgid:       {exit: setpgidDone},
		abi.Setsid:        {exit: setsidDone},
		abi.Clone:         {enter: clone},
		abi.Clone3:        {enter: clone3},
		abi.Filter:        {enter: filterEnter, exit: filterDone},
		abi.Notification:  {exit: notificationDone},
		abi.Response:      {enter: response},
		abi.TaskQuery:     {enter: taskQuery},
		abi.RobustList:    {exit: robustListDone},
		abi.Setforkpid:    {enter: setforkpid},
		abi.Exec:          {enter: execEnter, exit: execFailed},
		abi.RefuseNewPID:  {enter: refuseNewPID},
		abi.Kill:          {enter: kill},
		abi.TaskSignal:    {enter: taskSignal},
		abi.Sigqueueinfo:  {enter: sigqueueinfo},
		abi.Sigtimedwait:  {exit: sigtimedwaitDone},
		abi.RecordSource:  {exit: recordSourceDone},
		abi.ReadRecords:   {enter: readRecords, exit: readRecordsDone},
		abi.Wait4:         {exit: wait4Done},
		abi.Waitid:        {exit: waitidDone},
		abi.TimerCreate:   {enter: timerCreate},
		abi.FcntlGetlk:    {exit: getlkDone},
		abi.FcntlGetown:   {exit: getownDone},
		abi.FcntlOwnEx:    {enter: ownExEnter, exit: ownExDone},
		abi.Dumpable:      {enter: dumpable},
		abi.NoNewPrivs:    {enter: noNewPrivs, exit: noNewPrivsDone},
		abi.PidfdInfo:     {exit: pidfdInfoDone},
		abi.Peercred:      {enter: peercred, exit: peercredDone},
		abi.SocketCall:    {enter: socketcall},
		abi.NetlinkSocket: {exit: netlinkSocketDone},
		abi.SocketName:    {enter: socketName},
		abi.SendTo:        {enter: sendto},
		abi.RecvFrom:      {enter: recvfrom, exit: recvfromDone},
		abi.Sendmsg:       {enter: sendmsg},
		abi.Sendmmsg:      {enter: sendmmsg, exit: sendmmsgDone},
		abi.Passcred:      {exit: passcredDone},
		abi.Recvmsg:       {exit: recvmsgDone},
		abi.Recvmmsg:      {exit: recvmmsgDone},
		abi.Open:          {enter: open, exit: openDone},
		abi.Readlink:      {enter: readlink, exit: readlinkDone},
		abi.Getcwd:        {enter: getcwd, exit: getcwdDone},
		abi.Reread:        {enter: reread},
		abi.Fstatfs:       {enter: fstatfs},
		abi.WriteID:       {enter: writeID, exit: writeIDDone},
		abi.Getdents:      {enter: getdents, exit: getdentsDone},
		abi.Setaffinity:   {enter: setaffinity, exit: setaffinityDone},
		abi.Setattr:       {enter: setattr, exit: setaffinityDone},
		abi.Getaffinity:   {exit: getaffinityDone},
		abi.Reboot:        {enter: reboot, exit: rebootDone},
		abi.Refusal:       {enter: refusal},
	}
	credHandlers(handlers)
}

// refusal fails a call that pidsim does not support, and says so once.
func refusal(s *supervisor, t *task) (verdict, error) {
	row := t.call.row
	level := 1
	if row.Name == "ptrace" {
		level = 0
	}
	s.once(level, "refused "+row.Name, "%s fails with %s inside pidsim: %s",
		row.Name, unix.ErrnoName(unix.Errno(row.Errno)), row.Note)
	return refuse(unix.Errno(row.Errno)), nil
}
