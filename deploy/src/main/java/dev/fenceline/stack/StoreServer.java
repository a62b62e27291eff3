package dev.fenceline.stack;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fenceline.event.WireBuffer;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.wire.EventCodec;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Lets other processes of the same user read the store that this process has open for writing: on loopback, to whoever knows the
 * token in {@code stack.json}, which only that user can read.
 *
 * <p>{@code POST /query?limit=N} with SQL as its body, {@code GET /sessions?match=X}, {@code GET /events?session=NUMBER}: a stream of
 * wire forms, each after its length in four bytes, ended by length 0 so that a broken connection does not look like an end.
 */
final class StoreServer implements AutoCloseable {
    static final int REJECTED = 422;

    private static final int LARGEST_QUERY = 1 << 20;
    private static final int MOST_READERS = 64;
    private static final String SECONDS_FOR_A_REQUEST = "10";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StoreAccess store;
    private final HttpServer server;
    private final ExecutorService threads = new ThreadPoolExecutor(
            0, MOST_READERS, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), StoreServer::daemon);
    private final String token;

    StoreServer(StoreAccess store) {
        this.store = store;
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        token = HexFormat.of().formatHex(secret);
        // Anybody on the machine may connect, and could otherwise keep a thread by never finishing a request.
        if (System.getProperty("sun.net.httpserver.maxReqTime") == null) {
            System.setProperty("sun.net.httpserver.maxReqTime", SECONDS_FOR_A_REQUEST);
        }
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new StackException("cannot listen on loopback for readers of the store: " + e.getMessage(), e);
        }
        server.createContext("/query", exchange -> answer(exchange, this::query));
        server.createContext("/sessions", exchange -> answer(exchange, this::sessions));
        server.createContext("/events", exchange -> answer(exchange, this::events));
        server.setExecutor(threads);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String token() {
        return token;
    }

    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private void answer(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            if (!authorised(exchange)) {
                respond(
                        exchange,
                        401,
                        Map.of("error", "the token is wrong; it is in stack.json of the data directory"));
                return;
            }
            try {
                answer.to(exchange);
            } catch (RuntimeException e) {
                respond(exchange, 500, Map.of("error", String.valueOf(e.getMessage())));
            }
        }
    }

    private boolean authorised(HttpExchange exchange) {
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        return given != null
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.UTF_8), ("Bearer " + token).getBytes(StandardCharsets.UTF_8));
    }

    private void query(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(LARGEST_QUERY + 1);
        if (body.length > LARGEST_QUERY) {
            respond(exchange, REJECTED, Map.of("error", "a query may have a million characters at most"));
            return;
        }
        try {
            respond(
                    exchange,
                    200,
                    store.query(
                            new String(body, StandardCharsets.UTF_8), Integer.parseInt(parameter(exchange, "limit"))));
        } catch (SqlRejectedException e) {
            respond(exchange, REJECTED, Map.of("error", String.valueOf(e.getMessage())));
        }
    }

    private void sessions(HttpExchange exchange) throws IOException {
        String match = parameter(exchange, "match");
        respond(exchange, 200, match.isEmpty() ? store.sessions() : store.sessionsMatching(match));
    }

    private void events(HttpExchange exchange) throws IOException {
        List<SessionRecord> sessions = store.sessionsMatching(parameter(exchange, "session"));
        if (sessions.size() != 1) {
            respond(exchange, REJECTED, Map.of("error", "there is no such session"));
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        DataOutputStream out = new DataOutputStream(exchange.getResponseBody());
        EventCodec codec = new EventCodec();
        WireBuffer wire = new WireBuffer();
        try {
            store.events(sessions.get(0), event -> {
                codec.encode(event, wire.clear());
                try {
                    out.writeInt(wire.size());
                    out.write(wire.array(), 0, wire.size());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        out.writeInt(0);
        out.flush();
    }

    private static String parameter(HttpExchange exchange, String name) {
        String query = exchange.getRequestURI().getQuery();
        for (String pair : (query == null ? "" : query).split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        return "";
    }

    private static void respond(HttpExchange exchange, int status, Object value) throws IOException {
        byte[] body = JSON.writeValueAsBytes(value);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "store-server");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
