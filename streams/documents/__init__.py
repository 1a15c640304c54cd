"""The request and the reply form of a controlled delivery, as PDF and DOCX, in Russian and English."""
