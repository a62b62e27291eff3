package dev.fenceline.simulator.kernel;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who exists in the model: objects enrol when they are born and leave when they are gone.
 *
 * <p>It is the model's own account of itself, to compare with what its recording says. Nothing is counted unless somebody asks.
 */
public final class Census {
    /** An object whose state a recording tells. */
    public interface Member {
        /** Tells what the model knows of the object now. */
        void tell(Facts facts);
    }

    private final Runnable atRest;
    private final Set<Member> members = new LinkedHashSet<>();

    /** {@code atRest} runs whenever no code of the model does: then what was recorded and what is are the same. */
    public Census(Runnable atRest) {
        this.atRest = atRest;
    }

    /** What exists now. */
    public Facts facts() {
        Facts facts = new Facts();
        members.forEach(member -> member.tell(facts));
        return facts;
    }

    void enrol(Member member) {
        members.add(member);
    }

    void leave(Member member) {
        members.remove(member);
    }

    static void rest(@Nullable Census census) {
        if (census != null) {
            census.atRest.run();
        }
    }
}
