package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** mmu_notifier.c:mmu_interval_notifier_remove: returns when no callback can run any more. */
public final class RemoveNotifier extends Call {
    private static final Path<RemoveNotifier> PATH = Path.<RemoveNotifier>named("mmu_interval_notifier_remove")
            .run(remove -> remove.awaited = remove.subscriptions.beginRemove(remove.notifier))
            .await(
                    remove -> remove.subscriptions.waiters(),
                    remove -> remove.awaited == 0 || remove.subscriptions.invalidateSeq() != remove.awaited)
            .run(remove -> remove.subscriptions.endRemove(remove.notifier))
            .end();

    private final Subscriptions subscriptions;
    private final IntervalNotifier notifier;
    private long awaited;

    /** Removes {@code notifier} from {@code mm}. */
    public RemoveNotifier(Mm mm, IntervalNotifier notifier) {
        this.subscriptions = mm.subscriptions();
        this.notifier = notifier;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
