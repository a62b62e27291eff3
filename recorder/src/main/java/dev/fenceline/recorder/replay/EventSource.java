package dev.fenceline.recorder.replay;

import dev.fenceline.event.Event;
import java.util.function.Consumer;

/** The events of a recorded session, wherever they are read from. */
@FunctionalInterface
public interface EventSource {
    /** Gives every event to {@code sink}, in order of seq. */
    void forEach(Consumer<? super Event> sink);
}
