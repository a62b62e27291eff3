package dev.fenceline.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ComposeFileTest {
    @Test
    void runsTheVersionsThatAreBuiltWith() throws IOException {
        String compose = Files.readString(Path.of("compose", "docker-compose.yml"));

        assertThat(compose)
                .contains("image: apache/kafka:" + version("kafka.version") + "\n")
                .contains("image: flink:" + version("flink.version") + "-java17\n");
    }

    private static String version(String property) throws IOException {
        Matcher matcher = Pattern.compile("<" + Pattern.quote(property) + ">([^<]+)<")
                .matcher(Files.readString(Path.of("..", "pom.xml")));
        assertThat(matcher.find()).as(property).isTrue();
        return matcher.group(1);
    }
}
