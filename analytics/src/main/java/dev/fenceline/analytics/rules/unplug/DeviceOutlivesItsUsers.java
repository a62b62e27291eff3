package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.DeviceRelease;
import dev.fenceline.event.ModuleUnload;
import dev.fenceline.event.Severity;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A-U08: what outlives the device, and what it keeps alive. */
public final class DeviceOutlivesItsUsers {
    public static final Rule RULE = Rule.named("A-U08", "device-outlives-its-users")
            .severity(Severity.CRITICAL)
            .states(
                    "The memory of a device is released only when no file of it is open and no dma-buf that it exported exists, and that "
                            + "of a BO only when its dma-buf is released. Unbinding the driver ends neither, and as long as either is there "
                            + "the module of the driver stays loaded.")
            .why("Whoever closes the file, or unmaps or releases the dma-buf later, works on freed memory.")
            .source(
                    "drm_prime.c:drm_gem_dmabuf_export (drm_dev_get, drm_gem_object_get), drm_gem_dmabuf_release; drm_drv.c, DOC: "
                            + "driver instance overview; dma-buf.c:dma_buf_export (try_module_get of exp_info->owner); thread 002")
            .advice(
                    "drm_dev_get for each export and open file; put what must live as long under drmm_, not devm_; set the owner of "
                            + "file operations and exports.")
            .needs(Stream.DEV, Stream.OBJ)
            .before(DeviceRelease.class, DeviceOutlivesItsUsers::judge)
            .before(ModuleUnload.class, DeviceOutlivesItsUsers::judge)
            .before(
                    BoDestroy.class,
                    (destroy, state, report) -> judge(
                            state.dmaBufs().exportOf(destroy.bo()), "BO " + destroy.bo() + " is destroyed", report))
            .build();

    private DeviceOutlivesItsUsers() {}

    private static void judge(DeviceRelease release, KernelState state, Report report) {
        if (!release.hasDevice()) {
            report.unknown("it is not known which device is released");
            return;
        }
        judge(release.device(), "Device " + release.device() + " is released", state, report);
    }

    private static void judge(ModuleUnload unload, KernelState state, Report report) {
        String module = unload.module();
        if (module == null) {
            return;
        }
        for (long device : state.devices().ofDriver(module.toLowerCase(Locale.ROOT))) {
            judge(device, "Module " + module + " is unloaded", state, report);
        }
    }

    private static void judge(long device, String what, KernelState state, Report report) {
        judge(state.dmaBufs().exportOfDevice(device), what, report);
        Devices.Client client = tellsCloses(state) ? state.devices().clientOf(device) : null;
        if (client != null) {
            report.violation("device=" + device)
                    .since(client.born())
                    .witness("file opened", client.isAssumed() ? 0 : client.born())
                    .witness("released", report.event().seq())
                    .says(what + " while file " + client.id() + " of device " + device + " is open.");
        }
    }

    /** Files are of no stream this rule needs: where a recording may lack the close, it says nothing. */
    private static boolean tellsCloses(KernelState state) {
        return state.ledger().isFragment()
                || state.ledger().holds(Stream.UAPI)
                || state.ledger().holds(Stream.TASK);
    }

    private static void judge(@Nullable DmaBuf dmabuf, String what, Report report) {
        if (dmabuf != null) {
            report.violation("dmabuf=" + dmabuf.id())
                    .since(dmabuf.born())
                    .witness("exported", dmabuf.exportSeq())
                    .witness("released", report.event().seq())
                    .says(what + " while dma-buf " + dmabuf.id() + " is not.");
        }
    }
}
