package dev.fenceline.analytics.state;

/** What is done when a device goes, in the order in which it has to be done. */
public enum RemovalStep {
    FLAG("marked as unplugged"),
    SYNC("sections left"),
    QUIESCE("stopped"),
    UNPOPULATE("backing stores given up"),
    MMIO_UNMAP("registers unmapped"),
    BUSMASTER_OFF("bus mastering off"),
    IOMMU_LEAVE("IOMMU group left");

    private static final RemovalStep[] IN_ORDER = values();

    private final String words;

    RemovalStep(String words) {
        this.words = words;
    }

    /** What is done, in a few words. */
    public String words() {
        return words;
    }

    /** How many steps there are. */
    static int count() {
        return IN_ORDER.length;
    }

    /** The step in that place of the order, from 0. */
    static RemovalStep at(int place) {
        return IN_ORDER[place];
    }
}
