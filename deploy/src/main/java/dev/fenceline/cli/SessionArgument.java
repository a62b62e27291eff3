package dev.fenceline.cli;

import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.stack.StoreAccess;
import java.util.List;
import java.util.stream.Collectors;

/** A session as a person names it: its number in the catalogue or the beginning of its uuid. */
final class SessionArgument {
    private SessionArgument() {}

    static SessionRecord find(StoreAccess store, String designation) {
        List<SessionRecord> matches = store.sessionsMatching(designation);
        if (matches.isEmpty()) {
            throw UserError.badUse(
                    "there is no session '" + designation + "' in the store; fenceline sessions lists them");
        }
        if (matches.size() > 1) {
            throw UserError.badUse("'" + designation + "' may mean "
                    + matches.stream().map(s -> s.uuid().toString()).collect(Collectors.joining(", "))
                    + "; write more of the one you mean");
        }
        return matches.get(0);
    }
}
