package dev.fenceline.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;

/** A notebook file; its cells are found by the id that the notebook gives them. */
final class Notebook {
    private final JsonNode cells;

    private Notebook(JsonNode cells) {
        this.cells = cells;
    }

    static Notebook read(Path file) throws IOException {
        return new Notebook(new ObjectMapper().readTree(file.toFile()).path("cells"));
    }

    /** The ids of the cells that hold code, in order. */
    List<String> codeCells() {
        List<String> ids = new ArrayList<>();
        for (JsonNode cell : cells) {
            if ("code".equals(cell.path("cell_type").asText())) {
                ids.add(cell.path("id").asText());
            }
        }
        return ids;
    }

    /** How many outputs a cell has. */
    int outputs(String id) {
        return cell(id).path("outputs").size();
    }

    /** Whether a cell has been executed. */
    boolean executed(String id) {
        return cell(id).path("execution_count").isInt();
    }

    /** The kinds of the outputs of a cell: stream, display_data, execute_result or error. */
    List<String> outputKinds(String id) {
        List<String> kinds = new ArrayList<>();
        for (JsonNode output : cell(id).path("outputs")) {
            kinds.add(output.path("output_type").asText());
        }
        return kinds;
    }

    /** What a cell printed. */
    String printed(String id) {
        return StreamSupport.stream(cell(id).path("outputs").spliterator(), false)
                .map(output -> joined(output.path("text")))
                .collect(Collectors.joining());
    }

    /** The table that a cell shows: its header and its rows, cells apart by bars. */
    List<String> table(String id) {
        return joined(shown(id, "text/plain")).replace('\t', '|').lines().toList();
    }

    /** The HTML that a cell shows. */
    String html(String id) {
        return joined(shown(id, "text/html"));
    }

    /** The picture that a cell shows. */
    BufferedImage picture(String id) throws IOException {
        byte[] png = Base64.getMimeDecoder().decode(joined(shown(id, "image/png")));
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(png));
        if (picture == null) {
            throw new IOException("the picture of cell " + id + " cannot be read");
        }
        return picture;
    }

    private JsonNode shown(String id, String kind) {
        for (JsonNode output : cell(id).path("outputs")) {
            JsonNode data = output.path("data").path(kind);
            if (!data.isMissingNode()) {
                return data;
            }
        }
        throw new NoSuchElementException("cell " + id + " shows no " + kind + ", but " + cell(id).path("outputs"));
    }

    private JsonNode cell(String id) {
        for (JsonNode cell : cells) {
            if (id.equals(cell.path("id").asText())) {
                return cell;
            }
        }
        throw new NoSuchElementException("no cell " + id);
    }

    /** Notebooks hold a text as a string or as a list of lines. */
    private static String joined(JsonNode text) {
        if (text.isTextual()) {
            return text.asText();
        }
        StringBuilder all = new StringBuilder();
        text.forEach(line -> all.append(line.asText()));
        return all.toString();
    }
}
