package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SessionStatus;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other processes, and other people on the machine, can and cannot do with the store of a stack that is up. */
class StoreServerTest {
    @TempDir
    private Path directory;

    private Store store;
    private StoreServer server;

    @BeforeEach
    void start() {
        store = Store.open(directory.resolve("fenceline.duckdb"), StoreOptions.defaults());
        server = new StoreServer(new LocalStore(store));
    }

    @AfterEach
    void stop() {
        server.close();
        store.close();
    }

    private RemoteStore reader(String token) {
        return new RemoteStore(new RunningStack(1, 0, "nowhere:1", server.port(), token));
    }

    @Test
    void answersWhoKnowsTheToken() throws SqlRejectedException {
        SqlResult answer = reader(server.token()).query("SELECT 41 + 1 AS answer", 10);
        assertThat(answer.columns()).extracting(SqlResult.Column::name).containsExactly("answer");
        assertThat(answer.rows().get(0).get(0)).isEqualTo(42);
        assertThat(reader(server.token()).sessions()).isEmpty();
    }

    @Test
    void turnsAwayWhoDoesNot() {
        assertThatThrownBy(() -> reader("guess").query("SELECT 1", 1)).hasMessageContaining("the token is wrong");
        assertThatThrownBy(() -> reader("").sessions()).hasMessageContaining("the token is wrong");
    }

    @Test
    void writesForNobody() {
        for (String sql : List.of(
                "DELETE FROM session", "ATTACH '/tmp/x.db'", "COPY session TO '/tmp/x'", "SELECT 1; SELECT 2")) {
            assertThatThrownBy(() -> reader(server.token()).query(sql, 1))
                    .as(sql)
                    .isInstanceOf(SqlRejectedException.class);
        }
        assertThatThrownBy(() -> reader(server.token()).query("FROM read_csv('/etc/passwd')", 1))
                .isInstanceOf(SqlRejectedException.class);
    }

    @Test
    void isNotHeldUpByThoseWhoNeverFinishTheirRequest() throws Exception {
        List<Socket> idlers = new ArrayList<>();
        try {
            for (int i = 0; i < 16; i++) {
                Socket idler = new Socket(InetAddress.getLoopbackAddress(), server.port());
                idler.getOutputStream().write("GET /ses".getBytes(StandardCharsets.US_ASCII));
                idlers.add(idler);
            }
            assertThat(reader(server.token()).sessions()).isEmpty();
        } finally {
            for (Socket idler : idlers) {
                idler.close();
            }
        }
    }

    @Test
    void listensOnLoopbackOnly() throws IOException, InterruptedException {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/sessions"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(401);
        for (InetAddress other :
                InetAddress.getAllByName(InetAddress.getLocalHost().getHostName())) {
            if (!other.isLoopbackAddress()) {
                assertThatThrownBy(() -> new Socket(other, server.port())).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void tellsItsTokenToItsOwnerOnly() throws IOException {
        DataDirectory data = new DataDirectory(directory.resolve("data")).create();
        RunningStack.here("nowhere:1", server.port(), server.token()).announce(data);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.stackFile())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.root())))
                .isEqualTo("rwx------");
        assertThat(RunningStack.on(data)).get().extracting(RunningStack::token).isEqualTo(server.token());
    }

    @Test
    void aBrokenStreamOfEventsIsNotTakenForItsEnd() {
        StoreServer failing = new StoreServer(new BrokenStore());
        try (failing) {
            List<Event> seen = new ArrayList<>();
            assertThatThrownBy(
                            () -> new RemoteStore(new RunningStack(1, 0, "nowhere:1", failing.port(), failing.token()))
                                    .events(SESSION, seen::add))
                    .isInstanceOf(StackException.class);
        }
    }

    private static final SessionRecord SESSION = new SessionRecord(
            1,
            new UUID(1, 1),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            1,
            50,
            0,
            0,
            50,
            0,
            0,
            false,
            SessionStatus.OPEN,
            null,
            null,
            null,
            "");

    /** A store that fails in the middle of a session. */
    private static final class BrokenStore implements StoreAccess {
        @Override
        public SqlResult query(String sql, int limit) {
            throw new StackException("the disk went away", null);
        }

        @Override
        public List<SessionRecord> sessions() {
            return List.of(SESSION);
        }

        @Override
        public List<SessionRecord> sessionsMatching(String designation) {
            return List.of(SESSION);
        }

        @Override
        public void events(SessionRecord session, Consumer<? super Event> sink) {
            SampleSessions.of(1, 50).firstEntry().getValue().forEach(sink);
            throw new StackException("the disk went away", null);
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
