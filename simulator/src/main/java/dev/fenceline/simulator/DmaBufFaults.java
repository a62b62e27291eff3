package dev.fenceline.simulator;

import dev.fenceline.simulator.dmabuf.Attachment;
import dev.fenceline.simulator.dmabuf.BeginCpuAccess;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.DmaBufVma;
import dev.fenceline.simulator.dmabuf.GpuImport;
import dev.fenceline.simulator.dmabuf.MapAttachment;
import dev.fenceline.simulator.dmabuf.PollDmaBuf;
import dev.fenceline.simulator.dmabuf.UseImport;
import dev.fenceline.simulator.drm.RemoveDevice;
import dev.fenceline.simulator.ttm.BoExport;
import java.util.List;

/** The ways in which those who share buffers break A-D01 to A-D12. */
final class DmaBufFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Attachment.READS_PAGES,
                    "A-D01",
                    "An importer walks the pages of a table that it was handed, not its DMA addresses.",
                    DmaBufScenarios.CAMERA_PREVIEW,
                    DmaBufScenarios.PEER_TO_PEER,
                    DmaBufScenarios.PEER_TO_PEER_BACK),
            Fault.of(
                    Attachment.SHARES_TABLE,
                    "A-D02",
                    "The exporter hands a table to one importer that another has still mapped.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    GpuImport.DETACHES_MAPPED,
                    "A-D03",
                    "An importer detaches without having given its mapping back.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    UseImport.MAPS_UNLOCKED,
                    "A-D04",
                    "An importer maps a buffer before it has locked the reservation.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    BeginCpuAccess.UNDER_LOCK,
                    "A-D04",
                    "A driver brackets its reads while it still holds the reservation.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    UseImport.SKIPS_MOVE_FENCES,
                    "A-D05",
                    "A job of an importer does not wait for the move that its mapping comes from.",
                    DmaBufScenarios.PEER_TO_PEER,
                    DmaBufScenarios.PEER_TO_PEER_BACK),
            Fault.of(
                    GpuImport.IGNORES_MOVE,
                    "A-D06",
                    "An importer takes no notice of a move, and goes on with the addresses that it has.",
                    DmaBufScenarios.PEER_TO_PEER,
                    DmaBufScenarios.PEER_TO_PEER_BACK),
            Fault.of(
                    MapAttachment.PINS_STATICALLY,
                    "A-D07",
                    "A static importer pins what the framework pins for it.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    DmaBuf.VUNMAPS_TWICE,
                    "A-D08",
                    "A driver gives the kernel mapping of a buffer back once more than it took it.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    BeginCpuAccess.TURNS_DIRECTION,
                    "A-D09",
                    "Who is about to read says that it is about to write.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    DmaBufVma.IMPORTER_INSERTS,
                    "A-D10",
                    "An importer puts the pages of a table that it was handed into a process.",
                    DmaBufScenarios.CAMERA_PREVIEW),
            Fault.of(
                    BoExport.GIVES_VRAM,
                    "A-D11",
                    "An exporter gives addresses of VRAM to a device that cannot reach it.",
                    DmaBufScenarios.PEER_TO_PEER,
                    DmaBufScenarios.PEER_TO_PEER_BACK),
            Fault.of(
                            PollDmaBuf.KEEPS_NO_FILE,
                            "A-D12",
                            "The callback of a poll does not keep the file, which goes before the fence signals.",
                            DmaBufScenarios.PEER_TO_PEER,
                            DmaBufScenarios.PEER_TO_PEER_BACK)
                    .alsoBreaks("A-F12"),
            Fault.of(
                    RemoveDevice.KEEPS_IMPORTS,
                    "A-U05",
                    "A card that is gone still has memory of another device mapped.",
                    DmaBufScenarios.IMPORTER_PULLED_OUT,
                    DmaBufScenarios.IMPORTER_PULLED_OUT_BACK));

    private DmaBufFaults() {}
}
