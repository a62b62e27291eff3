package dev.fenceline.recorder;

/** Is told about every transaction, in the thread that lands: be quick. */
@FunctionalInterface
public interface RecorderListener {
    void landed(RecorderProgress progress);
}
