package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Userptr and MMU notifiers: U01 to U20. */
public final class UserptrRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            UserptrPageIsUsedValidated.RULE,
            PtesAreWrittenWhereCompared.RULE,
            CallbackSetsSequenceLocked.RULE,
            SequenceIsOfItsMm.RULE,
            OnlyNonBlockingCallbackRefuses.RULE,
            NotifierWaitsForOldWork.RULE,
            FaultModeNotifierFlushes.RULE,
            DmaMappingEndsInNotifier.RULE,
            InvalidatedUserptrIsRebound.RULE,
            WorkIsPublishedWhereChecked.RULE,
            NotifierIsRemovedLast.RULE,
            CallbackStaysOutOfOuterLocks.RULE,
            PagesAreFetchedUnderMmapLock.RULE,
            DeadMmIsNotFetchedFrom.RULE,
            ReadOnlyUserptrIsNotWritten.RULE,
            PinnedPagesAreUsedWhilePinned.RULE,
            KfdResumesValidated.RULE,
            RetriesAreBounded.RULE,
            SubmissionLooksAtStaleOnly.RULE,
            UnmappedSvmRangeIsGone.RULE);

    private UserptrRules() {}
}
