package dev.fenceline.stack;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.UndecodableException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** The store of a stack that is up, read through its {@link StoreServer}. */
final class RemoteStore implements StoreAccess {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BUFFER = 1 << 16;

    private final RunningStack stack;
    private final HttpClient client = HttpClient.newHttpClient();

    RemoteStore(RunningStack stack) {
        this.stack = stack;
    }

    @Override
    public SqlResult query(String sql, int limit) throws SqlRejectedException {
        HttpResponse<InputStream> response =
                send(request("/query?limit=" + limit).POST(HttpRequest.BodyPublishers.ofString(sql)));
        try (InputStream body = response.body()) {
            if (response.statusCode() == StoreServer.REJECTED) {
                throw new SqlRejectedException(JSON.readTree(body).path("error").asText());
            }
            return JSON.readValue(successful(response, body), SqlResult.class);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    @Override
    public List<SessionRecord> sessions() {
        return sessionsMatching("");
    }

    @Override
    public List<SessionRecord> sessionsMatching(String designation) {
        HttpResponse<InputStream> response =
                send(request("/sessions?match=" + URLEncoder.encode(designation, StandardCharsets.UTF_8)));
        try (InputStream body = response.body()) {
            return JSON.readValue(successful(response, body), new TypeReference<List<SessionRecord>>() {});
        } catch (IOException e) {
            throw broken(e);
        }
    }

    @Override
    public void events(SessionRecord session, Consumer<? super Event> sink) {
        HttpResponse<InputStream> response = send(request("/events?session=" + session.uuid()));
        EventCodec codec = new EventCodec();
        byte[] wire = new byte[0];
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(successful(response, response.body()), BUFFER))) {
            for (int length = in.readInt(); length != 0; length = in.readInt()) {
                wire = wire.length < length ? new byte[length * 2] : wire;
                in.readFully(wire, 0, length);
                sink.accept(codec.decode(wire, 0, length));
            }
        } catch (IOException e) {
            throw broken(e);
        } catch (UndecodableException e) {
            throw new StackException(
                    "the stack that is up (pid " + stack.pid() + ") is another build: " + e.getMessage()
                            + "; restart it with this one",
                    e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stack.storePort() + path))
                .header("Authorization", "Bearer " + stack.token());
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("interrupted while asking the stack", e);
        }
    }

    private static InputStream successful(HttpResponse<InputStream> response, InputStream body) throws IOException {
        if (response.statusCode() != 200) {
            JsonNode answer = JSON.readTree(body);
            throw new StackException(
                    "the stack that is up answers: " + answer.path("error").asText(), null);
        }
        return body;
    }

    private StackException broken(IOException cause) {
        return new StackException(
                "the stack with pid " + stack.pid() + " does not answer (" + cause + "); is it going down?", cause);
    }

    @Override
    public void close() {
        // Each request ends by itself.
    }
}
