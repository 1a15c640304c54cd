import "./styles.css";
import "./elements/ric-app";
