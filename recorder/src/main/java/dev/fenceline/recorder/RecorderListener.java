package dev.fenceline.recorder;

/** Is told about every transaction, in the recorder's thread: be quick. */
@FunctionalInterface
public interface RecorderListener {
    void landed(RecorderProgress progress);
}
