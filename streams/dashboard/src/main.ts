import "./styles.css";
import "./deliveries.css";
import "./elements/ric-app";
