DROP TABLE event_parked;
DROP TABLE event_parked_keys;
DROP TABLE event_inbox;
DROP TABLE event_consumers;
DROP TABLE outbox;
