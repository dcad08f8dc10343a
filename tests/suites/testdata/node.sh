# Node's child_process and cluster, threads, and what its programs say to each
# other of ids.
. "$LIB"
cat >child.js <<'END'
process.send?.({ pid: process.pid, ppid: process.ppid });
process.on('message', () => process.exit(7));
END
cat >main.js <<'END'
const { spawn, spawnSync, fork, execFile, execSync } = require('child_process');
const cluster = require('cluster'), fs = require('fs'), os = require('os');
const { Worker } = require('worker_threads');
const say = (name, ok) => console.log(name + ': ' + ok);
const until = (emitter, event) => new Promise(done => emitter.once(event, (...args) => done(args)));

async function main() {
	say('shell', execSync('echo $PPID').toString().trim() == process.pid);
	say('stat', fs.readFileSync('/proc/self/stat', 'utf8').startsWith(process.pid + ' '));
	say('link', fs.readlinkSync('/proc/self') == process.pid);

	const cat = spawn('cat', ['/proc/self/stat']);
	let text = '';
	cat.stdout.on('data', d => text += d);
	await until(cat, 'close');
	say('spawn', text.split(' ')[0] == cat.pid && text.split(' ')[3] == process.pid);

	const sync = spawnSync('sh', ['-c', 'echo $$']);
	say('spawnSync', sync.stdout.toString().trim() == sync.pid);

	const sleeper = spawn('sleep', ['100'], { detached: true });
	say('detached', execSync('ps -o sid= -p ' + sleeper.pid).toString().trim() == sleeper.pid);
	say('alive', process.kill(sleeper.pid, 0));
	process.kill(-sleeper.pid, 'SIGTERM');
	say('killed', (await until(sleeper, 'exit')).join());
	try { process.kill(sleeper.pid, 0); } catch (e) { say('kill again', e.code); }

	const child = fork('child.js');
	const [hello] = await until(child, 'message');
	say('fork', hello.pid == child.pid && hello.ppid == process.pid);
	child.send('end');
	say('exit', (await until(child, 'exit')).join());

	const worker = new Worker("require('worker_threads').parentPort.postMessage(process.pid)", { eval: true });
	say('thread', (await until(worker, 'message'))[0] == process.pid);
	await until(worker, 'exit');

	cluster.setupPrimary({ exec: 'child.js' });
	const members = [cluster.fork(), cluster.fork()];
	const hellos = await Promise.all(members.map(m => until(m, 'message')));
	for (const [i, m] of members.entries()) {
		const [h] = hellos[i];
		say('cluster', h.pid == m.process.pid && h.ppid == process.pid);
	}
	for (const m of members) {
		m.kill();
		say('member', (await until(m, 'exit')).join());
	}
	os.setPriority(process.pid, 5);
	say('priority', os.getPriority(process.pid));
	const late = execFile('sleep', ['100'], { timeout: 50 }, e => say('timeout', e.killed + ' ' + e.signal));
	await until(late, 'exit');
	process.once('SIGUSR2', () => say('signal', 'got'));
	process.kill(process.pid, 'SIGUSR2');
	await new Promise(done => setTimeout(done, 20));
}
main();
END
node main.js; echo "node: $?"
