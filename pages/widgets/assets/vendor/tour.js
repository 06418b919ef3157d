// The guided tour, and its styles as text: it is drawn in the page itself, outside every component.
export { driver } from "driver.js";
export { default as styles } from "driver.js/dist/driver.css";
