package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.DmaBufPrograms;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Buffers that devices of all kinds and the CPU share. */
final class DmaBufScenarios {
    /** A camera, a GPU and a screen without one. */
    static final Scenario CAMERA_PREVIEW = ScenarioDraft.named("camera-preview", """
            A camera writes frames into memory of a heap, a GPU improves them in place, and a screen behind USB shows them, whose driver
            reads them with the CPU. The camera is a static importer and knows no fences, so its program polls; the GPU is a dynamic one;
            the CPU brackets what it reads and writes. Buffers come and go while others still have them.
            """)
            .with(
                    new Actor("camera-preview", "a camera, a filter and a screen", DmaBufPrograms::cameraPreview),
                    new Actor("open-world-game", "keeps the GPU busy", Programs::openWorldGame))
            .adversity("the GPU is busy with a game, whose VRAM is short", Conditions.SHORT_OF_VRAM)
            .takesMs(300)
            .clean();

    /** VRAM of one GPU is read by another. */
    static final Scenario PEER_TO_PEER = peers("peer-to-peer", "amdgpu", Variant.XE_7_3, Variant.XE_6_12);

    /** The same the other way round. */
    static final Scenario PEER_TO_PEER_BACK = peers("peer-to-peer-back", "xe", Variant.AMDGPU_7_3, Variant.AMDGPU_6_12);

    /** The card in the dock is the one that imports. */
    static final Scenario IMPORTER_PULLED_OUT =
            pulled("importer-pulled-out", "amdgpu", Variant.XE_7_3, Variant.XE_6_12);

    /** The same the other way round. */
    static final Scenario IMPORTER_PULLED_OUT_BACK =
            pulled("importer-pulled-out-back", "xe", Variant.AMDGPU_7_3, Variant.AMDGPU_6_12);

    static final List<Scenario> ALL =
            List.of(CAMERA_PREVIEW, PEER_TO_PEER, PEER_TO_PEER_BACK, IMPORTER_PULLED_OUT, IMPORTER_PULLED_OUT_BACK);

    private DmaBufScenarios() {}

    private static Scenario peers(String name, String reader, Variant... sources) {
        return ScenarioDraft.named(name, """
            Frames are drawn into VRAM of one GPU and read there by another, a dynamic importer, as long as the two agree on it. For a
            buffer that they do not agree on, and for an NPU, which is a static importer and gets it pinned, the memory is moved to the
            system, and those who have it mapped are told. Somebody wants all VRAM of the first GPU each frame, which moves what nobody pins.
            Another program exports pictures, polls them and closes them before they are done.
            """)
                .with(
                        new Actor("peers", "a source of frames, a second GPU, an NPU", DmaBufPrograms::peers),
                        new Actor("thumbnailer", "closes what it polls", DmaBufPrograms::thumbnailer),
                        new Actor("hoarder", "wants all VRAM for a moment each frame", Stories::hoarder))
                .adversity("VRAM is short, and importers differ in what they reach", Conditions.SHORT_OF_VRAM)
                .on(sources)
                .beside(reader)
                .takesMs(400)
                .clean();
    }

    private static Scenario pulled(String name, String egpu, Variant... displays) {
        return ScenarioDraft.named(name, """
            A video is decoded on the GPU with the display and encoded on a GPU in a dock, which imports the frames and has them pinned.
            Somebody pulls that one out of the dock. Its fences in the reservations of the frames fail, it lets go of the memory that is not
            its own, and the exporter's pages stay; the decoder gets on as soon as somebody gives frames back. When the card is there again
            it is another device, which imports the same frames anew.
            """)
                .with(
                        new Actor("docked-streamer", "encodes in the dock", DmaBufPrograms::dockedStreamer),
                        new Actor("dock", "loses the card and gets it back", Programs::dock))
                .adversity("the card is pulled out twice", Conditions.AMPLE.with(Conditions.Option.HOT_PLUG))
                .on(displays)
                .beside(egpu)
                .takesMs(560)
                .clean();
    }
}
