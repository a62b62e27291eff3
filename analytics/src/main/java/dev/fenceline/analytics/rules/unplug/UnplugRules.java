package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Hot-unplug: A-U01 to A-U10. */
public final class UnplugRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            HardwareIsTouchedInSections.RULE,
            DeviceSectionsAreBalanced.RULE,
            SectionWaitsNotForItsDevice.RULE,
            UnpluggedDeviceShowsDummyPages.RULE,
            DmaMappingsEndWithTheDevice.RULE,
            DeviceGoesInOrder.RULE,
            FencesOfGoneDeviceFail.RULE,
            DeviceOutlivesItsUsers.RULE,
            VmapOfGoneDeviceIsLeftAlone.RULE,
            GoneDeviceAnswersEnodev.RULE);

    private UnplugRules() {}
}
