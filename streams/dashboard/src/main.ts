import "./styles.css";
import "./deliveries.css";
import "./forms.css";
import "./elements/ric-app";
