package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/** A thread of the image filter that maps files over parts of the images while the GPU works on them. */
final class ImageLoader extends Call {
    private static final long PAUSE_NS = 400_000;
    private static final long TILE_BYTES = 2 * Mm.PAGE_BYTES;

    private static final Path<ImageLoader> PATH = Path.<ImageLoader>named("image-loader")
            .repeat(next -> next.sleep(loader -> loader.chance.around(PAUSE_NS))
                    .when(loader -> loader.disturbs, part -> part.call(ImageLoader::remap)))
            .end();

    private final Mm mm;
    private final Chance chance;
    private final boolean disturbs;

    ImageLoader(World world, UserProcess process) {
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name() + " loader");
        this.disturbs = world.conditions().disturbed();
    }

    private Call remap() {
        int tiles = (int) (ImageFilter.IMAGES * ImageFilter.IMAGE_BYTES / TILE_BYTES);
        long address = ImageFilter.HEAP + chance.below(tiles) * TILE_BYTES;
        return Unmap.remap(mm, address, address + TILE_BYTES);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
