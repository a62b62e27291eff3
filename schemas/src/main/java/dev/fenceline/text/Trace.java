package dev.fenceline.text;

import dev.fenceline.event.Event;
import java.util.List;

/**
 * One trace of a text.
 *
 * @param line where it begins, from 1
 * @param fragment whether it lacks a {@code session_start} of its own; then the first event is one that the reader made from the
 *     header lines, and objects it never creates count as created just before
 * @param events in order of seq
 */
public record Trace(int line, boolean fragment, List<Event> events, List<Expectation> expectations, Symbols symbols) {
    /** A trace that begins with a {@code session_start} of its own, or is to be taken as it is. */
    public static Trace whole(List<Event> events) {
        return new Trace(1, false, List.copyOf(events), List.of(), new Symbols());
    }
}
