package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.access.BoAccessRules;
import dev.fenceline.analytics.rules.bo.BufferObjectRules;
import dev.fenceline.analytics.rules.debug.DebuggerRules;
import dev.fenceline.analytics.rules.dmabuf.DmaBufRules;
import dev.fenceline.analytics.rules.dump.DumpRules;
import dev.fenceline.analytics.rules.fence.FenceRules;
import dev.fenceline.analytics.rules.info.InformationRules;
import dev.fenceline.analytics.rules.kfd.KfdRules;
import dev.fenceline.analytics.rules.lock.LockRules;
import dev.fenceline.analytics.rules.resv.ReservationRules;
import dev.fenceline.analytics.rules.sched.SchedulerRules;
import dev.fenceline.analytics.rules.sync.SyncRules;
import dev.fenceline.analytics.rules.unplug.UnplugRules;
import dev.fenceline.analytics.rules.userptr.UserptrRules;
import dev.fenceline.analytics.rules.userq.UserQueueRules;
import dev.fenceline.analytics.rules.vm.AddressSpaceRules;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules that judge a session, in the order of their ids' chapters. */
public final class RuleCatalogue {
    private static final RuleCatalogue ALL = new RuleCatalogue(Stream.of(
                    BufferObjectRules.ALL,
                    FenceRules.ALL,
                    ReservationRules.ALL,
                    SchedulerRules.ALL,
                    SyncRules.ALL,
                    UnplugRules.ALL,
                    UserQueueRules.ALL,
                    LockRules.ALL,
                    DmaBufRules.ALL,
                    InformationRules.ALL,
                    UserptrRules.ALL,
                    AddressSpaceRules.ALL,
                    BoAccessRules.ALL,
                    DebuggerRules.ALL,
                    KfdRules.ALL,
                    DumpRules.ALL)
            .flatMap(List::stream)
            .toList());

    private final List<Rule> rules;

    private RuleCatalogue(List<Rule> rules) {
        this.rules = rules;
    }

    /** All rules there are. */
    public static RuleCatalogue all() {
        return ALL;
    }

    /** The rules. */
    public List<Rule> rules() {
        return rules;
    }

    /** The rule of that id or name; null if there is none. */
    public @Nullable Rule rule(String idOrName) {
        for (Rule rule : rules) {
            if (rule.card().id().equals(idOrName) || rule.card().name().equals(idOrName)) {
                return rule;
            }
        }
        return null;
    }

    /** The ids of the rules, in their order. */
    public List<String> ids() {
        return rules.stream().map(rule -> rule.card().id()).toList();
    }

    /**
     * The rules with these ids, in the order of this catalogue.
     *
     * @throws IllegalArgumentException if one of the ids is of no rule here
     */
    public RuleCatalogue only(Collection<String> ids) {
        for (String id : ids) {
            if (!ids().contains(id)) {
                throw new IllegalArgumentException(
                        "there is no rule " + id + "; there are " + String.join(", ", ids()));
            }
        }
        return new RuleCatalogue(
                rules.stream().filter(rule -> ids.contains(rule.card().id())).toList());
    }
}
