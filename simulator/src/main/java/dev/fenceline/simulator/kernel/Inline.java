package dev.fenceline.simulator.kernel;

/** A function that does not sleep, where a {@link Call} is wanted. */
public final class Inline extends Call {
    private static final Path<Inline> PATH =
            Path.<Inline>named("inline").run(call -> call.body.run()).end();

    private final Runnable body;

    /** Does {@code body} when called. */
    public Inline(Runnable body) {
        this.body = body;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
