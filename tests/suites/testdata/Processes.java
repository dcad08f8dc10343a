import java.lang.management.ManagementFactory;
import java.nio.file.*;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What ProcessHandle and its relations say. It prints facts that must not depend on ids. */
public class Processes {
    static void say(String name, Object fact) { System.out.println(name + ": " + fact); }

    static String run(String... command) throws Exception {
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes()).trim();
        p.waitFor();
        return out;
    }

    public static void main(String[] args) throws Exception {
        ProcessHandle self = ProcessHandle.current();
        long pid = self.pid();
        say("link", Files.readSymbolicLink(Path.of("/proc/self")).toString().equals("" + pid));
        say("management", ManagementFactory.getRuntimeMXBean().getName().startsWith(pid + "@"));
        say("parent", self.parent().map(ProcessHandle::pid).orElse(-1L) == Long.parseLong(args[0]));
        say("command", self.info().command().map(c -> c.endsWith("/java")).orElse(false));
        say("shell", run("sh", "-c", "echo $PPID").equals("" + pid));
        Process sh = new ProcessBuilder("sh", "-c", "sleep 100 & sleep 101; wait").start();
        while (sh.descendants().count() < 2 || !children(sh).equals("sleep sleep")) Thread.sleep(10);
        say("child", self.children().anyMatch(c -> c.pid() == sh.pid()));
        say("parent of it", sh.toHandle().parent().get().pid() == pid);
        say("grandchildren", sh.children().count());
        say("pgrep agrees", sh.children().map(c -> "" + c.pid()).sorted().collect(Collectors.joining("\n"))
            .equals(run("sh", "-c", "pgrep -P " + sh.pid() + " | sort")));
        say("arguments", sh.info().arguments().map(a -> a.length > 0 && a[0].equals("-c")).orElse(false));
        say("all", ProcessHandle.allProcesses().filter(p -> p.pid() == pid || p.pid() == sh.pid()).count());
        ProcessHandle grandchild = sh.children().findFirst().get();
        say("by id", ProcessHandle.of(grandchild.pid()).get().equals(grandchild));
        say("start times", !grandchild.info().startInstant().get().isBefore(self.info().startInstant().get()));
        sh.descendants().forEach(ProcessHandle::destroy);
        grandchild.onExit().get(20, TimeUnit.SECONDS);
        say("exit", sh.waitFor());
        say("alive", sh.isAlive());
        say("gone", ProcessHandle.of(sh.pid()).isEmpty());
        Process sleep = new ProcessBuilder("sleep", "100").start();
        sleep.destroyForcibly();
        say("killed", sleep.waitFor());
        Path perf = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"), "" + pid);
        say("hsperfdata", Files.exists(perf));
    }

    static String children(Process p) {
        return p.children().map(c -> c.info().command().orElse("")).map(c -> c.substring(c.lastIndexOf('/') + 1))
            .collect(Collectors.joining(" "));
    }
}
