package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DeviceBusmasterOff;
import dev.fenceline.event.DeviceMmioUnmap;
import dev.fenceline.event.DeviceQuiesce;
import dev.fenceline.event.DeviceUnplugFlag;
import dev.fenceline.event.DeviceUnplugSync;
import dev.fenceline.event.Event;
import dev.fenceline.event.QuiesceKind;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;

/** A-U06: the order of removal. */
public final class DeviceGoesInOrder {
    public static final Rule RULE = Rule.named("A-U06", "device-goes-in-order")
            .severity(Severity.CRITICAL)
            .states(
                    "A device goes in this order: marked as unplugged, sections left, stopped, backing stores given up, registers "
                            + "unmapped, bus mastering off, IOMMU group left. Steps may be left out, but none is made up for.")
            .why("Memory that is given up before the device is stopped is still read and written by it.")
            .source("amdgpu_drv.c:amdgpu_pci_remove, amdgpu_device.c:amdgpu_device_fini_hw; thread 002")
            .advice("Stop the engines and wait for them before ttm_device_clear_dma_mappings; unmap registers last.")
            .needs(Stream.DEV, Stream.ORDER)
            .before(DeviceUnplugFlag.class, (e, state, report) -> judge(RemovalStep.FLAG, e.device(), state, report))
            .before(DeviceUnplugSync.class, (e, state, report) -> judge(RemovalStep.SYNC, e.device(), state, report))
            .before(DeviceQuiesce.class, (e, state, report) -> {
                // What was pulled out had stopped before anybody noticed.
                if (e.how() != QuiesceKind.SURPRISE) {
                    judge(RemovalStep.QUIESCE, e.device(), state, report);
                }
            })
            .before(TtUnpopulate.class, (e, state, report) -> {
                if (e.reason() == UnpopulateReason.UNPLUG) {
                    judge(RemovalStep.UNPOPULATE, state.removals().deviceOf(e), state, report);
                }
            })
            .before(
                    DeviceMmioUnmap.class,
                    (e, state, report) -> judge(RemovalStep.MMIO_UNMAP, e.device(), state, report))
            .before(
                    DeviceBusmasterOff.class,
                    (e, state, report) -> judge(RemovalStep.BUSMASTER_OFF, e.device(), state, report))
            .build();

    private DeviceGoesInOrder() {}

    private static void judge(RemovalStep step, long id, KernelState state, Report report) {
        if (id == Event.ABSENT) {
            report.unknown("it is not known which device is " + step.words());
            return;
        }
        Removal removal = state.removals().removal(id);
        // Only the first time counts: a step is done when it is done once.
        RemovalStep later = removal == null || removal.seq(step) > 0 ? null : removal.doneBefore(step);
        if (removal == null || later == null) {
            return;
        }
        Devices.Device device = state.devices().device(id);
        report.violation("device=" + id + " step=" + step)
                .since(device == null ? removal.born() : device.born())
                .witness(later.words(), removal.seq(later))
                .witness(step.words(), report.event().seq())
                .says("Device " + id + ": " + later.words() + " before " + step.words() + ".");
    }
}
