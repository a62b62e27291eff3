package dev.fenceline.wire;

import dev.fenceline.event.EventType;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The digest of a session's log, which says that not a bit of it changed.
 *
 * <p>It is a chain, so that a recorder can stop and resume with a state of 64 bytes: with {@code c(0)} = 32 zero bytes and
 * {@code c(n)} = SHA-256({@code c(n-1)}, wire form of the n-th event), {@code session_start} and {@code session_end} left out, the
 * <b>content digest</b> is the last {@code c}, and the <b>digest</b> is SHA-256(SHA-256(wire form of {@code session_start}), content
 * digest). Two sessions with the same content digest recorded the same; their starts may differ in who they are.
 */
public final class SessionDigest {
    /** Bytes of a digest. */
    public static final int LENGTH = 32;

    /** Bytes of {@link #state()}. */
    public static final int STATE_LENGTH = 2 * LENGTH;

    private final MessageDigest sha256;
    private final byte[] start;
    private final byte[] content;

    public SessionDigest() {
        this(new byte[STATE_LENGTH]);
    }

    private SessionDigest(byte[] state) {
        sha256 = newSha256();
        start = Arrays.copyOfRange(state, 0, LENGTH);
        content = Arrays.copyOfRange(state, LENGTH, STATE_LENGTH);
    }

    /** Goes on from where {@link #state()} was taken. */
    public static SessionDigest resume(byte[] state) {
        if (state.length != STATE_LENGTH) {
            throw new IllegalArgumentException("a digest state has " + STATE_LENGTH + " bytes, not " + state.length);
        }
        return new SessionDigest(state);
    }

    /** Takes in the next event; its wire form is {@code length} bytes from {@code offset}. */
    public void add(EventType type, byte[] wire, int offset, int length) {
        if (type == EventType.SESSION_START) {
            sha256.update(wire, offset, length);
            finish(start);
        } else if (type != EventType.SESSION_END) {
            sha256.update(content);
            sha256.update(wire, offset, length);
            finish(content);
        }
    }

    /** The digest of all events so far. */
    public byte[] digest() {
        sha256.update(start);
        sha256.update(content);
        return sha256.digest();
    }

    /** The digest of all events so far but {@code session_start}. */
    public byte[] contentDigest() {
        return content.clone();
    }

    /** What {@link #resume} needs. */
    public byte[] state() {
        byte[] state = Arrays.copyOf(start, STATE_LENGTH);
        System.arraycopy(content, 0, state, LENGTH, LENGTH);
        return state;
    }

    private void finish(byte[] into) {
        try {
            sha256.digest(into, 0, LENGTH);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 does not fit its own length", e);
        }
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must have SHA-256", e);
        }
    }
}
