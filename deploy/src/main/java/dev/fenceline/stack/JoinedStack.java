package dev.fenceline.stack;

import dev.fenceline.recorder.kafka.KafkaEndpoint;

/** A stack that another process has up; leaving it does not stop it. */
public final class JoinedStack implements Stack {
    private final RunningStack stack;
    private final DataDirectory directory;
    private final StoreAccess store;

    public JoinedStack(RunningStack stack, DataDirectory directory) {
        this.stack = stack;
        this.directory = directory;
        this.store = new RemoteStore(stack);
    }

    @Override
    public KafkaEndpoint kafka() {
        return KafkaEndpoint.at(stack.bootstrap());
    }

    @Override
    public StoreAccess store() {
        return store;
    }

    @Override
    public void requireHealthy() {
        if (RunningStack.on(directory).filter(stack::equals).isEmpty()) {
            throw new StackException(
                    "the stack with pid " + stack.pid() + " went down; what it had received it goes on with when"
                            + " it is started again: fenceline up",
                    null);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
