import "./styles.css";
import "./deliveries.css";
import "./attachments.css";
import "./forms.css";
import "./shift.css";
import "./elements/ric-app";
