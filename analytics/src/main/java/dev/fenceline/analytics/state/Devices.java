package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Locale;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The devices and the clients that have them open. */
public final class Devices implements StatePart {
    private static final String MIXED = "mixed";

    private final StreamLedger ledger;
    private final SessionFacts session;
    final ObjectTable<Device> devices = new ObjectTable<>(Device::new);
    final ObjectTable<Client> clients = new ObjectTable<>(Client::new);
    private long suspendedAtLarge;

    Devices(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** One device: from its registration to its release. */
    public static final class Device extends KernelObject {
        @Nullable String driver;

        @Nullable String bus;

        long registerSeq;
        long suspendSeq;
        long unplugSeq;
        long unplugSyncSeq;
        long visibleBytes = Event.ABSENT;
        long vramSeq;

        @Nullable LongList gtTiles;

        Device(long id) {
            super(id);
        }

        /** Where it sits; null if not stated. Hardware that comes back is another device in the same place. */
        public @Nullable String bus() {
            return bus;
        }

        /** The seq of its registration; 0 if not seen. */
        public long registerSeq() {
            return registerSeq;
        }

        /** The seq of the event that first told that it is gone or its driver unbound; 0 if none did. */
        public long unplugSeq() {
            return unplugSeq;
        }

        /** How much of its VRAM the CPU can reach, in bytes from the start; {@link Event#ABSENT} if not stated. */
        public long visibleBytes() {
            return visibleBytes;
        }

        /** The seq of the event that stated it; 0 if none did. */
        public long vramSeq() {
            return vramSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.text(driver);
            out.text(bus);
            out.number(registerSeq);
            out.number(suspendSeq);
            out.number(unplugSeq);
            out.number(unplugSyncSeq);
            out.number(visibleBytes);
            out.number(vramSeq);
            out.numbers(gtTiles);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            driver = in.text();
            bus = in.text();
            registerSeq = in.number();
            suspendSeq = in.number();
            unplugSeq = in.number();
            unplugSyncSeq = in.number();
            visibleBytes = in.number();
            vramSeq = in.number();
            gtTiles = in.numbers();
        }
    }

    /** An open device file. */
    public static final class Client extends KernelObject {
        long device = Event.ABSENT;
        long owner = Event.ABSENT;

        Client(long id) {
            super(id);
        }

        /** The device it is open on; {@link Event#ABSENT} if unknown. */
        public long device() {
            return device;
        }

        /** The process that opened it; {@link Event#ABSENT} if unknown. */
        public long owner() {
            return owner;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(device);
            out.number(owner);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            device = in.number();
            owner = in.number();
        }
    }

    /** The client, also if it closed a short while ago; null if it was never mentioned. */
    public @Nullable Client client(long id) {
        return clients.find(id);
    }

    /** The first client by id that has the device open; null if none has. */
    public @Nullable Client clientOf(long device) {
        for (long id : clients.ids()) {
            Client client = clients.get(id);
            if (client != null && client.device == device) {
                return client;
            }
        }
        return null;
    }

    /** Whether the recording tells of more than one GT, on one device or on several. */
    public boolean maySeveralGtsExist() {
        boolean several = devices.size() > 1;
        for (long id : devices.ids()) {
            Device each = devices.get(id);
            several |= each != null && each.gtTiles != null && each.gtTiles.size() > 1;
        }
        return several;
    }

    /** The devices that are not released and were registered by that driver, in the order of their ids. */
    public long[] ofDriver(String driver) {
        LongArrayList found = new LongArrayList();
        for (long id : devices.ids()) {
            Device each = devices.get(id);
            if (each != null && driver.equals(each.driver)) {
                found.addLong(id);
            }
        }
        return found.toLongArray();
    }

    /** How many devices there are. */
    public int size() {
        return devices.size();
    }

    /** Whether that device is between suspend and resume; for an unknown device, whether any is. */
    public boolean isSuspended(long device) {
        if (suspendedAtLarge > 0) {
            return true;
        }
        if (device != Event.ABSENT) {
            Device known = devices.get(device);
            return known != null && known.suspendSeq > 0;
        }
        for (long id : devices.ids()) {
            Device each = devices.get(id);
            if (each != null && each.suspendSeq > 0) {
                return true;
            }
        }
        return false;
    }

    void apply(DeviceRegister e) {
        if (!e.hasDevice()) {
            return;
        }
        Device device = devices.get(e.device());
        device = device != null ? device : devices.create(e.device(), e.seq());
        if (e.driver() != null) {
            device.driver = e.driver().toLowerCase(Locale.ROOT);
        }
        device.bus = e.bus();
        device.registerSeq = e.seq();
        device.gtTiles = e.gtTiles() != null ? e.gtTiles() : device.gtTiles;
    }

    /** The device that the client has open; {@link Event#ABSENT} if unknown. */
    long deviceOf(long client) {
        Client known = client == Event.ABSENT ? null : clients.find(client);
        return known == null ? Event.ABSENT : known.device;
    }

    /** For each GT of the device the tile it is on; null if that is not known. */
    @Nullable LongList gtTiles(long device) {
        Device known = device == Event.ABSENT ? null : devices.find(device);
        return known == null ? null : known.gtTiles;
    }

    /** The device of that id; for an unknown id the only device there is; null if there is none, or several. */
    public @Nullable Device device(long id) {
        if (id != Event.ABSENT) {
            return devices.find(id);
        }
        long[] ids = devices.ids();
        return ids.length == 1 ? devices.get(ids[0]) : null;
    }

    /**
     * Whether the device may be one of that driver: as its registration says, or else as the session does. In a session of
     * several drivers, a device that nobody tells may be any of those that are registered.
     */
    public boolean mayBe(String driver, long device) {
        Device known = device(device);
        if (known != null && known.driver != null) {
            return known.driver.equals(driver);
        }
        if (session.driver() != null && !session.isDriver(MIXED)) {
            return session.isDriver(driver);
        }
        for (long id : device == Event.ABSENT ? devices.ids() : new long[0]) {
            Device each = devices.get(id);
            if (each != null && driver.equals(each.driver)) {
                return true;
            }
        }
        return false;
    }

    void apply(DeviceVram e) {
        if (e.hasDevice() && e.gtTiles() != null) {
            touch(e.device(), e.seq()).gtTiles = e.gtTiles();
        }
        if (e.hasDevice() && e.hasVisible()) {
            Device device = touch(e.device(), e.seq());
            device.visibleBytes = e.visible();
            device.vramSeq = e.seq();
        }
    }

    void apply(DeviceRelease e) {
        Device device = devices.get(e.device());
        if (device != null) {
            devices.depart(device, e.seq());
        }
    }

    void apply(DeviceSuspend e) {
        if (e.hasDevice()) {
            touch(e.device(), e.seq()).suspendSeq = e.seq();
        } else {
            suspendedAtLarge = e.seq();
        }
    }

    void apply(DeviceResume e) {
        if (e.hasDevice()) {
            touch(e.device(), e.seq()).suspendSeq = 0;
        }
        suspendedAtLarge = 0;
    }

    /** Whether everybody has left the sections of the device since it was unplugged. */
    public boolean isUnplugged(long device) {
        Device known = devices.find(device);
        return known != null && known.unplugSyncSeq > 0;
    }

    /** The seq of the event that first told that the device is gone or its driver unbound; 0 if none did. */
    public long unpluggedSince(long device) {
        Device known = devices.find(device);
        return known == null ? 0 : known.unplugSeq;
    }

    /** The seq at which that device was suspended, or all were; 0 if it is awake. */
    public long suspendedSince(long device) {
        Device known = devices.find(device);
        return known != null && known.suspendSeq > 0 ? known.suspendSeq : suspendedAtLarge;
    }

    void apply(DeviceUnplugFlag e) {
        unplug(e.device(), e.seq());
    }

    void apply(DeviceUnplugDone e) {
        unplug(e.device(), e.seq());
    }

    void apply(DeviceUnbind e) {
        unplug(e.device(), e.seq());
    }

    private void unplug(long id, long seq) {
        Device device = id == Event.ABSENT ? null : touch(id, seq);
        if (device != null && device.unplugSeq == 0) {
            device.unplugSeq = seq;
        }
    }

    void apply(DeviceUnplugSync e) {
        unplug(e.device(), e.seq());
        if (e.hasDevice()) {
            Device device = touch(e.device(), e.seq());
            if (device.unplugSyncSeq == 0) {
                device.unplugSyncSeq = e.seq();
            }
        }
    }

    void apply(ClientOpen e) {
        if (e.hasClient() && !(e.hasResult() && e.result() < 0)) {
            Client client = clients.create(e.client(), e.seq());
            client.device = e.device();
            client.owner = e.hasOwner() ? e.owner() : Tasks.callerOf(e);
        }
    }

    void apply(ClientClose e) {
        Client client = clients.get(e.client());
        if (client != null) {
            clients.depart(client, e.seq());
        }
    }

    private Device touch(long id, long seq) {
        Device device = devices.get(id);
        if (device == null) {
            device = devices.assume(id, ledger.knownFrom(seq));
        }
        return device;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        devices.write(out);
        clients.write(out);
        out.number(suspendedAtLarge);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        devices.read(in);
        clients.read(in);
        suspendedAtLarge = in.number();
    }
}
