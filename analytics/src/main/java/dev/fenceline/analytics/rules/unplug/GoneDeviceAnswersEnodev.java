package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoLookup;
import dev.fenceline.event.ClientOpen;
import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.Severity;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A-U10: a dead device answers -ENODEV; a re-plugged one is a new device. */
public final class GoneDeviceAnswersEnodev {
    public static final Rule RULE = Rule.named("A-U10", "gone-device-answers-enodev")
            .severity(Severity.ERROR)
            .states(
                    "Once a device is marked as unplugged, no ioctl that begins on a file of it succeeds, but for waits and closes, and "
                            + "no open does. When the hardware comes back it is a new device: its files know no object of the old one.")
            .why(
                    "Userspace learns only from the error that its device is gone, and what belongs to the old one has no hardware behind "
                            + "it any more.")
            .source(
                    "drm_ioctl.c:drm_ioctl (drm_dev_is_unplugged), drm_drv.c:drm_minor_acquire (-ENODEV; drm-uapi.rst says -ENXIO); "
                            + "thread 002")
            .advice("Look for a path that does not ask drm_dev_is_unplugged, or a table that outlives the device.")
            .needs(Stream.DEV, Stream.UAPI)
            .before(Ioctl.class, GoneDeviceAnswersEnodev::judge)
            .before(ClientOpen.class, GoneDeviceAnswersEnodev::judge)
            .before(BoLookup.class, GoneDeviceAnswersEnodev::judge)
            .build();

    private GoneDeviceAnswersEnodev() {}

    private static void judge(Ioctl ioctl, KernelState state, Report report) {
        Devices.Client client = ioctl.hasClient() ? state.devices().client(ioctl.client()) : null;
        Removal removal = client == null ? null : state.removals().removal(client.device());
        long flagged = removal == null ? 0 : removal.seq(RemovalStep.FLAG);
        boolean succeeded = ioctl.hasResult() && ioctl.result() >= 0;
        if (client == null || flagged == 0 || !succeeded || worksOnDeadDevice(ioctl.name())) {
            return;
        }
        // The device is asked for when the call begins: one that is under way may end well.
        long entered = state.calls().enteredSeq(ioctl.tid());
        if (entered == 0) {
            report.unknown("it is not known whether an ioctl on client {} began before the unplug", client.id());
        } else if (entered > flagged && ioctl.name() == null) {
            report.unknown("it is not known which ioctl on client {} succeeds, which is unplugged", client.id());
        } else if (entered > flagged) {
            report.violation("client=" + client.id() + " ioctl=" + ioctl.name())
                    .since(flagged)
                    .since(client.born())
                    .witness("unplugged", flagged)
                    .witness("ioctl entered", entered)
                    .witness("succeeded", ioctl.seq())
                    .says("Ioctl " + ioctl.name() + " succeeds on a file of device " + client.device()
                            + ", which is unplugged.");
        }
    }

    private static boolean worksOnDeadDevice(@Nullable String name) {
        String plain = name == null ? "" : name.toUpperCase(Locale.ROOT);
        return plain.contains("WAIT") || plain.contains("CLOSE");
    }

    private static void judge(ClientOpen open, KernelState state, Report report) {
        Removal removal = state.removals().removal(open.device());
        long flagged = removal == null ? 0 : removal.seq(RemovalStep.FLAG);
        if (flagged == 0 || (open.hasResult() && open.result() < 0)) {
            return;
        }
        if (!open.hasResult() && !state.ledger().isFragment()) {
            report.unknown("it is not known whether the open of client {} succeeded", open.client());
            return;
        }
        report.violation("client=" + open.client())
                .since(flagged)
                .witness("unplugged", flagged)
                .witness("opened", open.seq())
                .says("Device " + open.device() + " can be opened although it is unplugged.");
    }

    /** A handle of a file of the new device that finds a BO of the old one: the same hardware, another generation. */
    private static void judge(BoLookup lookup, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(lookup.bo());
        Devices.Client client = state.devices().client(lookup.client());
        Devices.Device mine = client == null ? null : deviceOf(client.device(), state);
        Devices.Device other = bo == null ? null : deviceOf(bo.device(), state);
        if (bo == null
                || mine == null
                || other == null
                || mine == other
                || other.unplugSeq() == 0
                || mine.bus() == null
                || !mine.bus().equals(other.bus())
                || (lookup.hasResult() && lookup.result() < 0)) {
            return;
        }
        report.violation("bo=" + bo.id())
                .since(bo.born())
                .since(mine.born())
                .witness("unplugged", other.unplugSeq())
                .witness("came back as another device", mine.registerSeq())
                .witness("found in the new one", lookup.seq())
                .says("BO " + bo.id() + " of device " + other.id() + ", which is gone, is found by a file of device "
                        + mine.id() + " in the same place.");
    }

    private static Devices.@Nullable Device deviceOf(long id, KernelState state) {
        return id == Event.ABSENT ? null : state.devices().device(id);
    }
}
