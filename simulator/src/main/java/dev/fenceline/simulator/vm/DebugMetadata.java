package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/**
 * {@code xe_debug_metadata} of the posted v1 to v3: something that a program leaves for its debugger, such as the ELF image of a kernel.
 * Nobody else reads it.
 */
public final class DebugMetadata {
    private final XeFile file;
    private final long id;

    DebugMetadata(XeFile file, long id) {
        this.file = file;
        this.id = id;
    }

    public long id() {
        return id;
    }

    /** The client that left it. */
    public XeFile file() {
        return file;
    }

    /** xe_debug_metadata.c:xe_debug_metadata_create_ioctl. */
    public static final class Create extends Call {
        private static final Path<Create> PATH = Path.<Create>named("xe_debug_metadata_create_ioctl")
                .spend(create -> create.kernel().costs().stepNs())
                .run(create -> create.file.add(
                        new DebugMetadata(create.file, create.kernel().newId())))
                .end();

        private final XeFile file;

        /** Leaves something for whoever debugs {@code file}. */
        public Create(XeFile file) {
            this.file = file;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** xe_debug_metadata.c:xe_debug_metadata_destroy_ioctl. */
    public static final class Destroy extends Call {
        private static final Path<Destroy> PATH = Path.<Destroy>named("xe_debug_metadata_destroy_ioctl")
                .spend(destroy -> destroy.kernel().costs().stepNs())
                .run(destroy -> destroy.metadata.file.remove(destroy.metadata))
                .end();

        private final DebugMetadata metadata;

        /** Takes {@code metadata} back. */
        public Destroy(DebugMetadata metadata) {
            this.metadata = metadata;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
