create table hospital (hosp_key integer primary key, hosp_no text, district text, grade integer, full_name text);
create table survey (survey_code text, panel text, last_day text, sent_out text);
create table vial_list (survey_code text, panel text, vial text, pos integer, lot text, matrix_text text);
create table booking (booking_key integer primary key, hosp_key integer, survey_code text, panel text);
create table test_list (booking_key integer, test text, analyser text, kit text, principle text);
create table incoming_mail (mail_key integer primary key, hosp_key integer, survey_code text, panel text, sent text, run_day text, remark text);
create table value_sheet (mail_key integer, vial text, kal_val text, nat_val text, mag_val text);

insert into hospital values (1, 'H-001', 'north', 3, 'North Hospital'), (2, 'H-002', 'south', 2, 'South Hospital'), (3, 'H-003', 'south', 1, 'Small Clinic');
insert into survey values ('26A', 'CHEM', '25.04.2026', '06.04.2026'), ('26B', 'CHEM', '25.10.2026', '06.10.2026');
insert into vial_list values ('26A', 'CHEM', '2026111', 1, 'B1', 'serum'), ('26A', 'CHEM', '2026112', 2, 'B2', 'serum'), ('26B', 'CHEM', '2026211', 1, 'B3', 'serum');
insert into booking values (1, 1, '26A', 'CHEM'), (2, 2, '26A', 'CHEM'), (3, 3, '26B', 'CHEM');
insert into test_list values (1, 'KAL', 'AN-01', 'G1', 'ISE'), (1, 'NAT', 'AN-01', 'G1', 'ISE'), (1, 'MAG', 'AN-01', 'G2', 'COL'), (2, 'KAL', 'AN-02', 'G1', 'ISE'), (2, 'NAT', 'AN-99', 'G1', 'ISE');
insert into incoming_mail values (10, 1, '26A', 'CHEM', '20.04.2026 09:15', '19.04.2026', 'late courier'), (11, 2, '26A', 'CHEM', '26.04.2026 08:00', '19.04.2026', null), (12, 3, '26B', 'CHEM', '20.10.2026 08:00', null, null);
insert into value_sheet values (10, '2026111', '4.10', '140', '0.90'), (10, '2026112', '<1.0', '151', 'haemolysed'), (11, '2026111', '4.0', '139', null), (11, '9999', '4.2', '', ''), (12, '2026211', '5.0', '130', '1.0');
