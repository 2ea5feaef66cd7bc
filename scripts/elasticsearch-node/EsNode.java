// One Elasticsearch node for tests and for trying things out, started by scripts/elasticsearch.
//
// EsNode HOME MODULES PORT OWNER [MEMBER TRANSPORT]
//   HOME     the node's own folder: config, data, logs; logs/http.ports names the address it listens at
//   MODULES  the folder that holds transport-netty4
//   PORT     on loopback; 0 takes a free one
//   OWNER    a process id; the node ends when that process ends, and takes HOME with it. 0: it stays.
//   MEMBER, TRANSPORT  of a cluster: which of its nodes this is, from 1, and the ports of all at which they talk to
//            each other, separated by commas. Empty, or left out: a node alone.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

public final class EsNode {
    private EsNode() {}

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Path modules = Path.of(arguments[1]);
        String port = arguments[2];
        long owner = Long.parseLong(arguments[3]);
        boolean alone = arguments.length < 6 || arguments[4].isEmpty();

        Settings.Builder builder = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", home.resolve("data").toString())
            .put("path.logs", home.resolve("logs").toString())
            .put("network.host", "127.0.0.1")
            .put("http.port", port)
            .put("node.portsfile", true)
            .put("cluster.name", "viralmine-scratch")
            // A scratch node must not turn read-only because the disk of its machine is nearly full.
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
        if (alone) {
            builder.put("transport.port", "0").put("discovery.type", "single-node").put("node.name", "scratch");
        } else {
            joinCluster(builder, Integer.parseInt(arguments[4]), List.of(arguments[5].split(",")));
        }
        Settings settings = builder.build();
        LogConfigurator.configureESLogging();
        Environment environment = new Environment(settings, home.resolve("config"));
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(modules, true), Set.of(), Map.of());
        Node node = new Node(environment, plugins);

        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
                if (owner != 0) {
                    deleteAll(home);
                }
            } catch (IOException error) {
                System.err.println("the node did not close: " + error);
            } finally {
                closed.countDown();
            }
        }));
        node.start();
        if (owner != 0) {
            // Also after a kill -9 of the script, which then cannot stop the node itself.
            ProcessHandle.of(owner).map(ProcessHandle::onExit).ifPresentOrElse(
                exit -> exit.thenRun(() -> System.exit(0)), () -> System.exit(0));
        }
        closed.await();
    }

    /** The nodes are named node-1, node-2, …; each may be master. */
    private static void joinCluster(Settings.Builder builder, int member, List<String> ports) {
        List<String> names = IntStream.rangeClosed(1, ports.size()).mapToObj(number -> "node-" + number).toList();
        List<String> addresses = ports.stream().map(port -> "127.0.0.1:" + port).toList();
        builder.put("transport.port", ports.get(member - 1))
            .put("node.name", names.get(member - 1))
            .putList("discovery.seed_hosts", addresses)
            .putList("cluster.initial_master_nodes", names);
    }

    private static void deleteAll(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
