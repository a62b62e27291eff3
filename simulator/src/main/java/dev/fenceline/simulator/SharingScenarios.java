package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Several devices that share buffers and fences. */
final class SharingScenarios {
    /** One GPU decodes, the other encodes. */
    static final Scenario TRANSCODE = transcode("transcode", "amdgpu", Variant.XE_7_3, Variant.XE_6_12);

    /** The same the other way round. */
    static final Scenario TRANSCODE_BACK = transcode("transcode-back", "xe", Variant.AMDGPU_7_3, Variant.AMDGPU_6_12);

    static final List<Scenario> ALL = List.of(TRANSCODE, TRANSCODE_BACK);

    private SharingScenarios() {}

    private static Scenario transcode(String name, String encoder, Variant... decoders) {
        return ScenarioDraft.named(name, """
            A video is decoded on one GPU and encoded on another. Four buffers in system memory go round: the decoder exports them, the
            encoder imports them, so both devices' jobs have their fences in one reservation. A frame is handed on when its decoding is
            submitted, not when it is done; one driver synchronises such buffers itself, for the other user space takes the fence out of
            the buffer and leaves its own there, by sync files. A game on the first GPU wants VRAM meanwhile.
            """)
                .with(
                        new Actor("transcoder", "a decoder and an encoder, on two GPUs", Programs::transcoder),
                        new Actor("open-world-game", "competes for the first GPU", Programs::openWorldGame))
                .adversity("neither GPU knows when the other is done, and VRAM is short", Conditions.SHORT_OF_VRAM)
                .on(decoders)
                .beside(encoder)
                .takesMs(150)
                .clean();
    }
}
