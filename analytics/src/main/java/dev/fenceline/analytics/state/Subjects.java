package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import org.jspecify.annotations.Nullable;

/**
 * What an event must say to say anything: a pin of no BO, or a fence added to no reservation, cannot be folded.
 *
 * <p>Only events that are about nothing else are listed. A wait for a fence without a name is still a wait, a lock without a
 * name still has a class.
 */
public final class Subjects {
    private Subjects() {}

    /** The relation without which the event says nothing, such as {@code fence}, if it does not state it; else null. */
    public static @Nullable String missing(Event e) {
        return switch (e.eventType()) {
            case BO_CREATE -> unless(((BoCreate) e).hasBo(), "bo");
            case BO_GET -> unless(((BoGet) e).hasBo(), "bo");
            case BO_PUT -> unless(((BoPut) e).hasBo(), "bo");
            case BO_LOOKUP -> unless(((BoLookup) e).hasBo(), "bo");
            case BO_GRANT -> unless(((BoGrant) e).hasBo(), "bo");
            case BO_REVOKE -> unless(((BoRevoke) e).hasBo(), "bo");
            case BO_VALIDATE -> unless(((BoValidate) e).hasBo(), "bo");
            case BO_MOVE_BEGIN -> unless(((BoMoveBegin) e).hasBo(), "bo");
            case BO_MOVE -> unless(((BoMove) e).hasBo(), "bo");
            case BO_COPY_START -> unless(((BoCopyStart) e).hasBo(), "bo");
            case BO_MOVE_COMMIT -> unless(((BoMoveCommit) e).hasBo(), "bo");
            case BO_MOVE_FAIL -> unless(((BoMoveFail) e).hasBo(), "bo");
            case BO_GHOST -> unless(((BoGhost) e).hasBo(), "bo");
            case BO_INDIVIDUALIZE -> unless(((BoIndividualize) e).hasBo(), "bo");
            case RESV_SET -> unless(((ResvSet) e).hasBo(), "bo");
            case BO_PIN -> unless(((BoPin) e).hasBo(), "bo");
            case BO_UNPIN -> unless(((BoUnpin) e).hasBo(), "bo");
            case BO_RELEASE -> unless(((BoRelease) e).hasBo(), "bo");
            case BO_DELAYED_DESTROY -> unless(((BoDelayedDestroy) e).hasBo(), "bo");
            case BO_DESTROY -> unless(((BoDestroy) e).hasBo(), "bo");
            // The pages of all BOs of a device go at once when it is unplugged.
            case TT_POPULATE -> unless(((TtPopulate) e).hasBo() || ((TtPopulate) e).hasDevice(), "bo");
            case TT_UNPOPULATE -> unless(((TtUnpopulate) e).hasBo() || ((TtUnpopulate) e).hasDevice(), "bo");
            case TT_SWAPOUT -> unless(((TtSwapout) e).hasBo() || ((TtSwapout) e).hasDevice(), "bo");
            case TT_SWAPIN -> unless(((TtSwapin) e).hasBo() || ((TtSwapin) e).hasDevice(), "bo");
            case TT_BACKUP -> unless(((TtBackup) e).hasBo() || ((TtBackup) e).hasDevice(), "bo");
            case TT_DESTROY -> unless(((TtDestroy) e).hasBo() || ((TtDestroy) e).hasDevice(), "bo");
            case DMA_FENCE_INIT -> unless(((DmaFenceInit) e).hasFence(), "fence");
            case DMA_FENCE_SIGNAL_CALL -> unless(((DmaFenceSignalCall) e).hasFence(), "fence");
            case DMA_FENCE_SIGNALED -> unless(((DmaFenceSignaled) e).hasFence(), "fence");
            case DMA_FENCE_SET_ERROR -> unless(((DmaFenceSetError) e).hasFence(), "fence");
            case DMA_FENCE_PUBLISH -> unless(((DmaFencePublish) e).hasFence(), "fence");
            case DMA_FENCE_HANDOFF -> unless(((DmaFenceHandoff) e).hasFence(), "fence");
            case DMA_FENCE_RENUMBER -> unless(((DmaFenceRenumber) e).hasFence(), "fence");
            case DMA_FENCE_DESTROY -> unless(((DmaFenceDestroy) e).hasFence(), "fence");
            case DMA_FENCE_FREE -> unless(((DmaFenceFree) e).hasFence(), "fence");
            case DMA_FENCE_GET -> unless(((DmaFenceGet) e).hasFence(), "fence");
            case DMA_FENCE_PUT -> unless(((DmaFencePut) e).hasFence(), "fence");
            case DMA_FENCE_ARRAY -> unless(((DmaFenceArray) e).hasFence(), "fence");
            case DMA_FENCE_CHAIN -> unless(((DmaFenceChain) e).hasFence(), "fence");
            case DMA_FENCE_DEP -> unless(((DmaFenceDep) e).hasFence(), "fence");
            case RESV_ADD_FENCE -> missing((ResvAddFence) e);
            case RESV_REPLACE_FENCES -> unless(((ResvReplaceFences) e).hasResv(), "resv");
            case RESV_RESERVE -> unless(((ResvReserve) e).hasResv(), "resv");
            default -> null;
        };
    }

    private static @Nullable String missing(ResvAddFence e) {
        if (!e.hasResv()) {
            return "resv";
        }
        return e.hasFence() ? unless(e.hasUsage(), "usage") : "fence";
    }

    private static @Nullable String unless(boolean stated, String relation) {
        return stated ? null : relation;
    }
}
