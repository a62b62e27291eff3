package dev.fenceline.generator;

/** Writes the event types for a directory of schemas. */
public final class Main {
    private Main() {}

    /**
     * Runs the generator.
     *
     * @param args the directory of schemas, the directory for sources, the directory for resources
     */
    public static void main(String[] args) {
        if (args.length != 3) {
            throw new IllegalArgumentException("expected: SCHEMAS SOURCES RESOURCES");
        }
    }
}
