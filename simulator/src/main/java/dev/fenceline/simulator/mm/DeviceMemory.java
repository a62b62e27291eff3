package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;

/** Memory of a device that shows at addresses of a program: what {@code zone_device_data} of its pages is, with its {@code dev_pagemap}. */
public interface DeviceMemory {
    /** {@code dev_pagemap.owner}: the device, which reaches the pages where they are. */
    long owner();

    /** {@code dev_pagemap_ops.migrate_to_ram}: the program touches {@code address}, which the CPU cannot reach; under {@code mmap_lock}. */
    Call migrateToRam(long address);

    /** {@code dev_pagemap_ops.folio_free}: no address shows one of its pages any more. */
    void pageIsFree();
}
