import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** J1 on Kafka Streams, one thread: J1 BROKER at-least-once|exactly-once STATE_DIR. The rules are those of job.py's model. */
public final class J1 {
    static final ObjectMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    static final Pattern CODE = Pattern.compile("[A-Z0-9-]{2,24}");
    static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
    static final Set<String> TLP = Set.of("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR");
    static final Set<String> UNITS = Set.of("kg", "g", "mg", "l", "ml", "tablets", "ampoules");
    static final Set<String> KINDS = Set.of("car", "truck", "train", "aircraft", "vessel", "parcel", "person");
    static final Map<String, String> COUNTRIES = Map.of(
        "AZ", "Azerbaijan", "KZ", "Kazakhstan", "KG", "Kyrgyzstan", "RU", "Russia", "TJ", "Tajikistan", "TM", "Turkmenistan", "UZ", "Uzbekistan");
    static final Map<String, String> SUBSTANCES = Map.of(
        "heroin", "opioid", "opium", "opioid", "hashish", "cannabis", "methamphetamine", "stimulant", "acetic anhydride", "precursor");
    static final Map<String, BigDecimal> FACTORS = Map.of(
        "kg", BigDecimal.ONE, "g", new BigDecimal("0.001"), "mg", new BigDecimal("0.000001"), "l", BigDecimal.ONE, "ml", new BigDecimal("0.001"));

    static final class Invalid extends Exception {
        Invalid(String field) { super(field, null, false, false); }
    }

    static void only(JsonNode object, String... names) throws Invalid {
        if (object == null || !object.isObject()) throw new Invalid("object");
        for (var field = object.fieldNames(); field.hasNext();) if (!Arrays.asList(names).contains(field.next())) throw new Invalid("unknown");
    }

    static String text(JsonNode object, String name, int least, int most, boolean required) throws Invalid {
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) { if (required) throw new Invalid(name); return null; }
        if (!value.isTextual() || value.textValue().length() < least || value.textValue().length() > most) throw new Invalid(name);
        return value.textValue();
    }

    static String matching(JsonNode object, String name, Pattern pattern, boolean required) throws Invalid {
        String value = text(object, name, 1, 400, required);
        if (value != null && !pattern.matcher(value).matches()) throw new Invalid(name);
        return value;
    }

    static String among(JsonNode object, String name, Set<String> allowed) throws Invalid {
        String value = text(object, name, 1, 400, true);
        if (!allowed.contains(value)) throw new Invalid(name);
        return value;
    }

    static void within(JsonNode object, String name, double least, double most) throws Invalid {
        JsonNode value = object.get(name);
        if (value == null || !value.isNumber() || value.doubleValue() < least || value.doubleValue() > most) throw new Invalid(name);
    }

    static JsonNode list(JsonNode object, String name, int least, int most) throws Invalid {
        JsonNode value = object.get(name);
        if (value == null && least == 0) return JSON.createArrayNode();
        if (value == null || !value.isArray() || value.size() < least || value.size() > most) throw new Invalid(name);
        return value;
    }

    static byte[] enriched(byte[] body) throws Exception {
        JsonNode event = JSON.readTree(body);
        only(event, "report_id", "originator", "revision", "tlp", "occurred", "place", "substances", "conveyances", "concealment", "summary");
        matching(event, "report_id", CODE, true);
        matching(event, "originator", CODE, true);
        within(event, "revision", 1, 1_000_000);
        among(event, "tlp", TLP);
        OffsetDateTime.parse(text(event, "occurred", 1, 40, true));
        JsonNode place = event.get("place");
        only(place, "name", "country", "lat", "lon");
        text(place, "name", 1, 400, true);
        String country = matching(place, "country", COUNTRY, true);
        within(place, "lat", -90, 90);
        within(place, "lon", -180, 180);
        text(event, "concealment", 1, 400, false);
        text(event, "summary", 0, 4_000, true);
        ObjectNode found = JSON.createObjectNode();
        found.put("country", COUNTRIES.get(country));
        var substances = found.putArray("substances");
        for (JsonNode named : list(event, "substances", 1, 50)) {
            only(named, "name", "amount", "unit", "packaging");
            BigDecimal amount = new BigDecimal(text(named, "amount", 1, 20, true));
            if (amount.signum() <= 0 || amount.precision() > 18) throw new Invalid("amount");
            BigDecimal factor = FACTORS.get(among(named, "unit", UNITS));
            text(named, "packaging", 1, 400, false);
            ObjectNode known = substances.addObject();
            known.put("group", SUBSTANCES.get(text(named, "name", 1, 400, true)));
            known.put("kg", factor == null ? null : amount.multiply(factor).toPlainString());
        }
        for (JsonNode conveyance : list(event, "conveyances", 0, 20)) {
            only(conveyance, "kind", "registration", "country");
            among(conveyance, "kind", KINDS);
            text(conveyance, "registration", 1, 400, false);
            matching(conveyance, "country", COUNTRY, false);
        }
        byte[] added = JSON.writeValueAsBytes(found);
        byte[] head = "{\"report\":".getBytes(), middle = ",\"enrichment\":".getBytes();
        byte[] out = new byte[head.length + body.length + middle.length + added.length + 1];
        System.arraycopy(head, 0, out, 0, head.length);
        System.arraycopy(body, 0, out, head.length, body.length);
        System.arraycopy(middle, 0, out, head.length + body.length, middle.length);
        System.arraycopy(added, 0, out, head.length + body.length + middle.length, added.length);
        out[out.length - 1] = '}';
        return out;
    }

    static final class Decide implements Processor<byte[], byte[], byte[], byte[]> {
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<byte[], byte[]> seen;
        private MessageDigest digest;

        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            this.context = context;
            seen = context.getStateStore("seen");
            try { digest = MessageDigest.getInstance("MD5"); } catch (Exception error) { throw new IllegalStateException(error); }
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            byte[] out;
            try { out = enriched(record.value()); } catch (Exception invalid) { return; }
            byte[] mark = digest.digest(record.value());
            if (Arrays.equals(seen.get(record.key()), mark)) return;
            seen.put(record.key(), mark);
            context.forward(record.withValue(out));
        }
    }

    public static void main(String[] arguments) {
        boolean exactly = arguments[1].equals("exactly-once");
        Properties set = new Properties();
        set.put(StreamsConfig.APPLICATION_ID_CONFIG, "kafka-streams-" + arguments[1]);
        set.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        set.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
        set.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, exactly ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        set.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        set.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        set.put("auto.offset.reset", "earliest");
        Topology topology = new Topology();
        topology.addSource("in", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), "j1.in");
        topology.addProcessor("decide", Decide::new, "in");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("seen"), Serdes.ByteArray(), Serdes.ByteArray()), "decide");
        topology.addSink("out", "j1.out", Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "decide");
        KafkaStreams streams = new KafkaStreams(topology, set);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}
