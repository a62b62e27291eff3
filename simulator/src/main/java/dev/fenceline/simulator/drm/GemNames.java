package dev.fenceline.simulator.drm;

import dev.fenceline.event.BoLookup;
import dev.fenceline.event.GrantHow;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.ttm.Bo;
import java.util.LinkedHashMap;
import java.util.Map;

/** The flink names of a device ({@code dev->object_name_idr}): a name holds no reference and goes with the last handle. */
public final class GemNames {
    private static final int ENOENT = -2;

    private final Kernel kernel;
    private final Map<Long, Bo> bos = new LinkedHashMap<>();
    private long last;

    GemNames(Kernel kernel) {
        this.kernel = kernel;
    }

    /** {@code drm_gem_flink_ioctl}. */
    public long name(Bo bo) {
        bos.put(++last, bo);
        return last;
    }

    /** {@code drm_gem_open_ioctl}: a handle of {@code client} for the BO called {@code name}, or 0 if there is none any more. */
    public long open(Client client, long name) {
        Bo bo = bos.get(name);
        if (bo == null) {
            kernel.emit(
                    BoLookup.builder().client(client.id()).how(GrantHow.FLINK).result(ENOENT));
            return 0;
        }
        return client.createHandle(bo, GrantHow.FLINK);
    }

    void forget(Bo bo) {
        bos.values().remove(bo);
    }
}
