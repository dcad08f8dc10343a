# Python's multiprocessing in its three ways to start processes: what parents and
# children say of each other.
. "$LIB"
cat >main.py <<'END'
import concurrent.futures, multiprocessing as mp, os, signal, sys, threading, time
from multiprocessing import resource_tracker, shared_memory

def say(name, ok): print(f'{name}: {ok}', flush=True)
def who(q=None):
    me = os.getpid(), os.getppid(), mp.current_process().pid, mp.parent_process().pid
    if q is None: return me
    q.put(me)
def sleep(): time.sleep(100)
def me(_): return os.getpid()

def judge(method):
    c = mp.get_context(method)
    q = c.SimpleQueue()
    p = c.Process(target=who, args=(q,))
    p.start()
    pid, ppid, own, parent = q.get()
    p.join()
    helper = method == 'forkserver'
    say(f'{method}: child', pid == p.pid == own)
    say(f'{method}: parent', parent == os.getpid() and (ppid == os.getpid()) != helper)
    say(f'{method}: exit', p.exitcode)
    p = c.Process(target=sleep)
    p.start()
    say(f'{method}: active', [a.pid for a in mp.active_children()] == [p.pid])
    os.kill(p.pid, 0)
    p.terminate()
    p.join()
    say(f'{method}: terminated', p.exitcode == -signal.SIGTERM)
    p = c.Process(target=sleep)
    p.start()
    p.kill()
    p.join()
    say(f'{method}: killed', p.exitcode == -signal.SIGKILL)
    with c.Pool(2) as pool:
        pids = set(pool.map(me, range(50), 1))
        say(f'{method}: pool', pids <= {w.pid for w in pool._pool} and os.getpid() not in pids)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=c) as e:
        pids = set(e.map(me, range(20)))
        say(f'{method}: executor', pids <= set(e._processes))
    with c.Manager() as m:
        say(f'{method}: manager', m._process.pid != os.getpid() and m.list([1])[0] == 1)

if __name__ == '__main__':
    say('stat', open('/proc/self/stat').read().startswith(f'{os.getpid()} '))
    say('thread', (lambda t: threading.get_native_id() == os.getpid())(0))
    for method in ('fork', 'spawn', 'forkserver'): judge(method)
    s = shared_memory.SharedMemory(create=True, size=4096)
    tracker = resource_tracker._resource_tracker._pid
    say('tracker', open(f'/proc/{tracker}/stat').read().rsplit(')', 1)[1].split()[1] == str(os.getpid()))
    s.close(); s.unlink()
    fd = os.pidfd_open(os.getpid())
    say('pidfd', f'Pid:\t{os.getpid()}\n' in open(f'/proc/self/fdinfo/{fd}').read())
END
python3 main.py; echo "python: $?"
